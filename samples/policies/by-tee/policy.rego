# Resource policy: only for guests in one of these TEEs, whatever else the server takes.
package policy

import rego.v1

default allow := false

tees := {"tdx", "snp"}

allow if {
	affirmed
	some tee in tees
	is_object(input.submods.cpu0["ear.veraison.annotated-evidence"][tee])
}

# Every part of the machine is affirmed, and there is at least one.
affirmed if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
