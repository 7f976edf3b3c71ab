# Resource policy: what is below public/ is for every affirmed machine, and what is below sealed/ only for those on which nobody debugs and whose
# measurement was approved here, beside what the attestation policy found.
package policy

import rego.v1

default allow := false

measurements := {"mr-of-release-7"}

allow if {
	affirmed
	data["resource-path"][0] == "public"
}

allow if {
	affirmed
	data["resource-path"][0] == "sealed"
	claims := input.submods.cpu0["ear.veraison.annotated-evidence"].tdx
	claims.td_attributes.debug == false
	claims.quote.body.mr_td in measurements
}

# Every part of the machine is affirmed, and there is at least one.
affirmed if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
