package policy_test

import data.policy
import rego.v1

guest(status, advisories) := {"tdx": {
	"tcb_status": status, "advisory_ids": advisories, "collateral_expiration_status": "0", "td_attributes": {"debug": false},
	"quote": {"body": {"mr_td": "m", "rtmr_1": "1", "rtmr_2": "2", "xfam": "x"}},
}}

reference(name) := object.get({"mr_td": ["m"], "rtmr_1": ["1"], "rtmr_2": ["2"], "xfam": ["x"]}, name, null)

hardware(evidence) := value if {
	value := policy.hardware with input as evidence with query_reference_value as reference
}

test_up_to_date if hardware(guest("UpToDate", [])) == 2

test_weighed if hardware(guest("SWHardeningNeeded", ["INTEL-SA-00837"])) == 2

test_not_weighed if hardware(guest("SWHardeningNeeded", ["INTEL-SA-00837", "INTEL-SA-99999"])) == 97

test_without_reason if hardware(guest("SWHardeningNeeded", [])) == 97

test_out_of_date if hardware(guest("OutOfDate", ["INTEL-SA-00837"])) == 97

test_whole if {
	claims := policy.trust_claims with input as guest("UpToDate", []) with query_reference_value as reference
	[claims.executables, claims.hardware, claims.configuration] == [3, 2, 2]
}

test_without_values if policy.executables == 33 with input as guest("UpToDate", [])
