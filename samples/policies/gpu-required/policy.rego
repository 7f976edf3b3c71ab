# Resource policy: only for machines with at least so many affirmed GPUs beside the affirmed machine.
package policy

import rego.v1

default allow := false

least := 1

gpus contains name if {
	some name, submod in input.submods
	startswith(name, "gpu")
	submod["ear.status"] == "affirming"
}

allow if {
	affirmed
	input.submods.cpu0
	count(gpus) >= least
}

# Every part of the machine is affirmed, and there is at least one.
affirmed if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
