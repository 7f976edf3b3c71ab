# Attestation policy to run beside another (nacre serve --policy-id default --policy-id debugoff, set as debugoff_cpu): it only says that nobody
# debugs the guest. Claims that it is silent on are left to the other policy; with several policies the worst of each claim counts.
package policy

import rego.v1

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

executables := 0

hardware := 0

configuration := 2 if input.snp.policy_debug_allowed == false

configuration := 2 if input["az-snp-vtpm"].policy_debug_allowed == "false"

configuration := 2 if input.tdx.td_attributes.debug == false

configuration := 2 if input["az-tdx-vtpm"].td_attributes.debug == false

configuration := 2 if input.csv.policy.nodbg == 1

configuration := 2 if input.nitro.debug == false
