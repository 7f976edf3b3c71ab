# May this resource be released to this guest? input holds the claims of the attestation token, data the request:
# data.plugin, data["resource-path"] and data.query. Only a value of true releases.
package policy

import rego.v1

default allow := false

# Every part of the machine must be affirmed, and there must be at least one.
allow if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
