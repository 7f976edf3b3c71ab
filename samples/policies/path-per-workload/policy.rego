# Resource policy: each workload gets what is below its own folder and nothing else. Which workload a guest is, is said by its init-data: the file
# workload.txt there, which the evidence binds. The path of a resource is REPOSITORY/TYPE/TAG; the repository is the name of the workload.
package policy

import rego.v1

default allow := false

allow if {
	affirmed
	data.plugin == "resource"
	workload := input.submods.cpu0["ear.veraison.annotated-evidence"].init_data_claims["workload.txt"]
	is_string(workload)
	data["resource-path"][0] == workload
}

# Every part of the machine is affirmed, and there is at least one.
affirmed if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
