# Resource policy: only for guests that may run nothing but the images named here, each by its digest. The images are those of the init-data's agent
# policy, which the evidence binds; the default attestation policy puts them into the token.
package policy

import rego.v1

default allow := false

images := {"registry.example/shop@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}

allow if {
	affirmed
	validated := input.submods.cpu0["ear.trustee.identifiers"].validated
	count(validated.container_images) > 0
	every image in validated.container_images {
		image in images
	}
}

# Every part of the machine is affirmed, and there is at least one.
affirmed if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
