package policy_test

import data.policy
import rego.v1

token(debug, measurement) := {"submods": {"cpu0": {
	"ear.status": "affirming",
	"ear.veraison.annotated-evidence": {"tdx": {"td_attributes": {"debug": debug}, "quote": {"body": {"mr_td": measurement}}}},
}}}

asks(debug, measurement, folder) if {
	policy.allow with input as token(debug, measurement) with data["resource-path"] as [folder, "key", "1"]
}

test_public if asks(true, "any", "public")

test_sealed if asks(false, "mr-of-release-7", "sealed")

test_sealed_with_debugging if not asks(true, "mr-of-release-7", "sealed")

test_sealed_with_another_measurement if not asks(false, "any", "sealed")

test_other_folder if not asks(false, "mr-of-release-7", "other")
