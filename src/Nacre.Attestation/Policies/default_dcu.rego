# What the evidence of Hygon's accelerator deserves. Its report says nothing of a configuration, and of the hardware only that Hygon made it.
package policy

import rego.v1

default executables := 33

default hardware := 97

trust_claims := {
	"executables": executables,
	"hardware": hardware,
	"configuration": 0,
	"file-system": 0,
	"instance-identity": 0,
	"runtime-opaque": 0,
	"storage-opaque": 0,
	"sourced-data": 0,
}

executables := 3 if input.hygondcu.body.measure in query_reference_value("hygondcu_measure")

hardware := 2 if is_string(input.hygondcu.body.chip_id)
