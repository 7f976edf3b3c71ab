# What the evidence of an NVSwitch deserves; as that of a GPU, without a driver.
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
	input.nvidia["x-nvidia-switch-arch-check"] == true
	input.nvidia["x-nvidia-switch-attestation-report-parsed"] == true
	input.nvidia["x-nvidia-switch-attestation-report-signature-verified"] == true
	input.nvidia["x-nvidia-switch-attestation-report-cert-chain-fwid-match"] == true
}

configuration := 2 if input.nvidia["x-nvidia-switch-bios-version"] in query_reference_value("allowed_switch_bios_versions")

executables := 3 if {
	every fact in ["fetched", "signature-verified", "version-match"] {
		input.nvidia[sprintf("x-nvidia-switch-bios-rim-%s", [fact])] == true
	}
	input.nvidia.measres == "success"
}
