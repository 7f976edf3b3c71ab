# Resource policy: only for guests that were started with one of these init-data documents, by digest. The form of the digest is that of the TEE's
# claims: hexadecimal padded with zeros to the field of the hardware (48 bytes for TDX, 32 for SEV-SNP).
package policy

import rego.v1

default allow := false

documents := {"1111111111111111111111111111111111111111111111111111111111111111"}

allow if {
	affirmed
	input.submods.cpu0["ear.veraison.annotated-evidence"].init_data in documents
}

# Every part of the machine is affirmed, and there is at least one.
affirmed if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
