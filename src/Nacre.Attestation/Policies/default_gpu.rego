# What the evidence of a GPU deserves. The device is genuine when its certificates and its report are (hardware), it is configured as its owner
# wants when its VBIOS and driver have versions that he allows, and it runs what NVIDIA published when all measurements are those of NVIDIA's
# manifests (executables). The sample device proves nothing, and nothing is raised for it.
package policy

import rego.v1

default executables := 33

default hardware := 97

default configuration := 36

trust_claims := {
	"executables": executables,
	"hardware": hardware,
	"configuration": configuration,
	"file-system": 0,
	"instance-identity": 0,
	"runtime-opaque": 0,
	"storage-opaque": 0,
	"sourced-data": 0,
}

hardware := 2 if {
	input.nvidia["x-nvidia-gpu-arch-check"] == true
	input.nvidia["x-nvidia-gpu-attestation-report-parsed"] == true
	input.nvidia["x-nvidia-gpu-attestation-report-signature-verified"] == true
	input.nvidia["x-nvidia-gpu-attestation-report-cert-chain-fwid-match"] == true
}

configuration := 2 if {
	input.nvidia["x-nvidia-gpu-vbios-version"] in query_reference_value("allowed_vbios_versions")
	input.nvidia["x-nvidia-gpu-driver-version"] in query_reference_value("allowed_driver_versions")
}

executables := 3 if {
	every part in ["driver", "vbios"] {
		every fact in ["fetched", "signature-verified", "version-match"] {
			input.nvidia[sprintf("x-nvidia-gpu-%s-rim-%s", [part, fact])] == true
		}
	}
	input.nvidia.measres == "success"
}
