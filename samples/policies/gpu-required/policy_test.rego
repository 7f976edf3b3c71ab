package policy_test

import data.policy
import rego.v1

token(names, status) := {"submods": {name: {"ear.status": status} | some name in names}}

test_machine_with_gpu if policy.allow with input as token(["cpu0", "gpu0"], "affirming")

test_without_gpu if not policy.allow with input as token(["cpu0"], "affirming")

test_gpu_alone if not policy.allow with input as token(["gpu0"], "affirming")

test_gpu_not_affirmed if not policy.allow with input as {"submods": {"cpu0": {"ear.status": "affirming"}, "gpu0": {"ear.status": "warning"}}}
