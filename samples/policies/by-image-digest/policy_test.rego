package policy_test

import data.policy
import rego.v1

token(images) := {"submods": {"cpu0": {"ear.status": "affirming", "ear.trustee.identifiers": {"validated": {"container_images": images}}}}}

known := "registry.example/shop@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

test_known_image if policy.allow with input as token([known])

test_another_image_beside_it if not policy.allow with input as token([known, "registry.example/shop:latest"])

test_no_images if not policy.allow with input as token([])

test_not_affirmed if not policy.allow with input as json.patch(
	token([known]),
	[{"op": "replace", "path": "/submods/cpu0/ear.status", "value": "warning"}],
)
