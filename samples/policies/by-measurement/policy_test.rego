package policy_test

import data.policy
import rego.v1

guest := {"snp": {
	"measurement": "aa", "reported_tcb_bootloader": 3, "reported_tcb_tee": 0, "reported_tcb_snp": 14, "reported_tcb_microcode": 209,
	"policy_debug_allowed": false, "policy_migrate_ma": false,
}}

replaced(path, value) := json.patch(guest, [{"op": "replace", "path": path, "value": value}])

test_known if {
	claims := policy.trust_claims with input as guest
	[claims.executables, claims.hardware, claims.configuration] == [3, 2, 2]
}

test_newer_platform if policy.hardware == 2 with input as replaced("/snp/reported_tcb_microcode", 210)

test_older_platform if policy.hardware == 97 with input as replaced("/snp/reported_tcb_snp", 13)

test_text_is_no_version if policy.hardware == 97 with input as replaced("/snp/reported_tcb_snp", "99")

test_another_measurement if policy.executables == 33 with input as replaced("/snp/measurement", "cc")

test_debugging if policy.configuration == 36 with input as replaced("/snp/policy_debug_allowed", true)

test_another_tee if policy.executables == 33 with input as {"tdx": {"measurement": "aa"}}
