package policy_test

import data.policy
import rego.v1

token(digest) := {"submods": {"cpu0": {"ear.status": "affirming", "ear.veraison.annotated-evidence": {"init_data": digest}}}}

good := "1111111111111111111111111111111111111111111111111111111111111111"

test_known_document if policy.allow with input as token(good)

test_another_document if not policy.allow with input as token("2222222222222222222222222222222222222222222222222222222222222222")

test_no_document if not policy.allow with input as json.remove(token(good), ["submods/cpu0/ear.veraison.annotated-evidence/init_data"])
