# Attestation policy for SEV-SNP: the measurements stand in the policy itself, so that its history says which were allowed when; the versions of the
# platform are lower bounds.
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

measurements := {"aa", "bb"}

executables := 3 if input.snp.measurement in measurements

hardware := 2 if {
	input.snp.reported_tcb_bootloader >= 3
	input.snp.reported_tcb_tee >= 0
	input.snp.reported_tcb_snp >= 14
	input.snp.reported_tcb_microcode >= 209
	every claim in ["bootloader", "tee", "snp", "microcode"] {
		is_number(input.snp[sprintf("reported_tcb_%s", [claim])])
	}
}

configuration := 2 if {
	input.snp.policy_debug_allowed == false
	input.snp.policy_migrate_ma == false
}
