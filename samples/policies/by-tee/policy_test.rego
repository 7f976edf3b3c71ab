package policy_test

import data.policy
import rego.v1

token(evidence) := {"submods": {"cpu0": {"ear.status": "affirming", "ear.veraison.annotated-evidence": evidence}}}

test_tdx if policy.allow with input as token({"tdx": {}})

test_snp if policy.allow with input as token({"snp": {}})

test_tpm if not policy.allow with input as token({"tpm": {}})

test_name_without_claims if not policy.allow with input as token({"tdx": null})
