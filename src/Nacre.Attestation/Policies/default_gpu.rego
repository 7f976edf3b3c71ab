# What the evidence of a GPU deserves. No verifier for real devices is built in yet, and the sample device proves nothing,
# so nothing is raised above its worst value here.
package policy

import rego.v1

trust_claims := {
	"executables": 33,
	"hardware": 97,
	"configuration": 36,
	"file-system": 0,
	"instance-identity": 0,
	"runtime-opaque": 0,
	"storage-opaque": 0,
	"sourced-data": 0,
}
