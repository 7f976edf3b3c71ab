# Run with: nacre policy test default_ppcie.rego default_ppcie_test.rego
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

# A protected fabric.

fabric := {"nvidia": {"gpu_count": 8, "switch_count": 4}}

fabric_values := {}

test_fabric_is_affirmed if affirmed(fabric, fabric_values)

test_fabric_needs_each_value if every_value_counts(fabric, fabric_values)

test_fabric_needs_each_claim if every_change_counts(fabric, fabric_values, ["/nvidia/gpu_count", "/nvidia/switch_count"])
