package policy_test

import data.policy
import rego.v1

token(files) := {"submods": {"cpu0": {"ear.status": "affirming", "ear.veraison.annotated-evidence": {"init_data_claims": files}}}}

asks(files, plugin, path) if {
	policy.allow with input as token(files)
		with data.plugin as plugin
		with data["resource-path"] as path
}

test_its_own if asks({"workload.txt": "shop"}, "resource", ["shop", "key", "1"])

test_of_another if not asks({"workload.txt": "shop"}, "resource", ["bank", "key", "1"])

test_prefix_of_another if not asks({"workload.txt": "shop"}, "resource", ["shopper", "key", "1"])

test_another_plugin if not asks({"workload.txt": "shop"}, "pkcs11", ["shop", "key", "1"])

test_nameless if not asks({}, "resource", ["shop", "key", "1"])

test_without_init_data if not asks(null, "resource", ["shop", "key", "1"])
