# Run with: nacre policy test default_switch.rego default_switch_test.rego
package policy_test

import data.policy
import rego.v1

reference(name) := object.get(data.values, name, null)

appraise(evidence, values) := claims if {
	claims := policy.trust_claims with input as evidence
		with data.values as values
		with query_reference_value as reference
}

affirmed(evidence, values) if {
	claims := appraise(evidence, values)
	some claim in claims
	claim >= 2
	every claim in claims {
		claim <= 31
	}
}

# Each value is needed: without any one of them the same evidence is not affirmed.
every_value_counts(evidence, values) if {
	every name, _ in values {
		not affirmed(evidence, object.remove(values, [name]))
	}
}

# Each claim is looked at: another value in its place and the same evidence is not affirmed.
every_change_counts(evidence, values, paths) if {
	every path in paths {
		not affirmed(json.patch(evidence, [{"op": "replace", "path": path, "value": "another"}]), values)
	}
}

# An NVSwitch.

switch := {"nvidia": {
	"x-nvidia-switch-arch-check": true,
	"x-nvidia-switch-attestation-report-parsed": true,
	"x-nvidia-switch-attestation-report-signature-verified": true,
	"x-nvidia-switch-attestation-report-cert-chain-fwid-match": true,
	"x-nvidia-switch-bios-rim-fetched": true,
	"x-nvidia-switch-bios-rim-signature-verified": true,
	"x-nvidia-switch-bios-rim-version-match": true,
	"x-nvidia-switch-bios-version": "96.00",
	"measres": "success",
}}

switch_values := {"allowed_switch_bios_versions": ["96.00"]}

test_switch_is_affirmed if affirmed(switch, switch_values)

test_switch_needs_each_value if every_value_counts(switch, switch_values)

test_switch_needs_each_claim if every_change_counts(switch, switch_values, [
	"/nvidia/x-nvidia-switch-arch-check",
	"/nvidia/x-nvidia-switch-attestation-report-parsed",
	"/nvidia/x-nvidia-switch-attestation-report-signature-verified",
	"/nvidia/x-nvidia-switch-attestation-report-cert-chain-fwid-match",
	"/nvidia/x-nvidia-switch-bios-rim-fetched",
	"/nvidia/x-nvidia-switch-bios-rim-signature-verified",
	"/nvidia/x-nvidia-switch-bios-rim-version-match",
	"/nvidia/x-nvidia-switch-bios-version",
	"/nvidia/measres",
])
