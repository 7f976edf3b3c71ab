package policy_test

import data.policy
import rego.v1

test_off if {
	every evidence in [
		{"snp": {"policy_debug_allowed": false}}, {"az-snp-vtpm": {"policy_debug_allowed": "false"}},
		{"tdx": {"td_attributes": {"debug": false}}}, {"az-tdx-vtpm": {"td_attributes": {"debug": false}}},
		{"csv": {"policy": {"nodbg": 1}}}, {"nitro": {"debug": false}},
	] {
		policy.trust_claims.configuration == 2 with input as evidence
	}
}

test_on_or_unknown if {
	every evidence in [
		{"snp": {"policy_debug_allowed": true}}, {"az-snp-vtpm": {"policy_debug_allowed": "true"}}, {"tdx": {"td_attributes": {"debug": true}}},
		{"csv": {"policy": {"nodbg": 0}}}, {"nitro": {"debug": true}}, {"tpm": {}}, {},
	] {
		policy.trust_claims.configuration == 36 with input as evidence
	}
}

test_silent_on_the_rest if {
	claims := policy.trust_claims with input as {}
	[claims.executables, claims.hardware] == [0, 0]
}
