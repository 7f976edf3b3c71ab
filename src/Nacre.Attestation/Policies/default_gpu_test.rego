# Run with: nacre policy test default_gpu.rego default_gpu_test.rego
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

# A GPU of NVIDIA.

gpu := {"nvidia": {
	"x-nvidia-gpu-arch-check": true,
	"x-nvidia-gpu-attestation-report-parsed": true,
	"x-nvidia-gpu-attestation-report-signature-verified": true,
	"x-nvidia-gpu-attestation-report-cert-chain-fwid-match": true,
	"x-nvidia-gpu-driver-rim-fetched": true,
	"x-nvidia-gpu-driver-rim-signature-verified": true,
	"x-nvidia-gpu-driver-rim-version-match": true,
	"x-nvidia-gpu-vbios-rim-fetched": true,
	"x-nvidia-gpu-vbios-rim-signature-verified": true,
	"x-nvidia-gpu-vbios-rim-version-match": true,
	"x-nvidia-gpu-vbios-version": "96.00",
	"x-nvidia-gpu-driver-version": "550.1",
	"measres": "success",
}}

gpu_values := {"allowed_vbios_versions": ["96.00"], "allowed_driver_versions": ["550.1"]}

test_gpu_is_affirmed if affirmed(gpu, gpu_values)

test_gpu_needs_each_value if every_value_counts(gpu, gpu_values)

test_gpu_needs_each_claim if every_change_counts(gpu, gpu_values, [
	"/nvidia/x-nvidia-gpu-arch-check",
	"/nvidia/x-nvidia-gpu-attestation-report-parsed",
	"/nvidia/x-nvidia-gpu-attestation-report-signature-verified",
	"/nvidia/x-nvidia-gpu-attestation-report-cert-chain-fwid-match",
	"/nvidia/x-nvidia-gpu-driver-rim-fetched",
	"/nvidia/x-nvidia-gpu-driver-rim-signature-verified",
	"/nvidia/x-nvidia-gpu-driver-rim-version-match",
	"/nvidia/x-nvidia-gpu-vbios-rim-fetched",
	"/nvidia/x-nvidia-gpu-vbios-rim-signature-verified",
	"/nvidia/x-nvidia-gpu-vbios-rim-version-match",
	"/nvidia/x-nvidia-gpu-vbios-version",
	"/nvidia/x-nvidia-gpu-driver-version",
	"/nvidia/measres",
])

test_the_sample_device_proves_nothing if not affirmed({"sampledevice": {"svn": "2"}}, {"device_svn": ["2"]})
