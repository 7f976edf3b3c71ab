# Attestation policy for TDX: a platform that Intel calls out of hardening is taken when every advisory it has is one that was weighed here. The
# reference values are those of the default policy.
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

weighed := {"INTEL-SA-00837", "INTEL-SA-00960"}

platform_known if input.tdx.tcb_status == "UpToDate"

platform_known if {
	input.tdx.tcb_status == "SWHardeningNeeded"
	count(input.tdx.advisory_ids) > 0
	every advisory in input.tdx.advisory_ids {
		advisory in weighed
	}
}

hardware := 2 if {
	platform_known
	input.tdx.collateral_expiration_status == "0"
	input.tdx.quote.body.mr_td in query_reference_value("mr_td")
}

executables := 3 if {
	input.tdx.quote.body.rtmr_1 in query_reference_value("rtmr_1")
	input.tdx.quote.body.rtmr_2 in query_reference_value("rtmr_2")
}

configuration := 2 if {
	input.tdx.td_attributes.debug == false
	input.tdx.quote.body.xfam in query_reference_value("xfam")
}
