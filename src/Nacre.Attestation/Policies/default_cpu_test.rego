# Run with: nacre policy test default_cpu.rego default_cpu_test.rego
package policy_test

import data.policy
import rego.v1

reference(name) := object.get(data.values, name, null)

appraise(evidence, values) := claims if {
	claims := policy.trust_claims with input as evidence
		with data.values as values
		with query_reference_value as reference
}

affirmed(evidence, values) if {
	claims := appraise(evidence, values)
	some claim in claims
	claim >= 2
	every claim in claims {
		claim <= 31
	}
}

# Each value is needed: without any one of them the same evidence is not affirmed.
every_value_counts(evidence, values) if {
	every name, _ in values {
		not affirmed(evidence, object.remove(values, [name]))
	}
}

# Each claim is looked at: another value in its place and the same evidence is not affirmed.
every_change_counts(evidence, values, paths) if {
	every path in paths {
		not affirmed(json.patch(evidence, [{"op": "replace", "path": path, "value": "another"}]), values)
	}
}

# AMD SEV-SNP.

snp := {"snp": {
	"measurement": "aa", "reported_tcb_bootloader": 3, "reported_tcb_microcode": 209, "reported_tcb_snp": 14, "reported_tcb_tee": 0,
	"policy_debug_allowed": false, "policy_migrate_ma": false, "platform_smt_enabled": true, "platform_tsme_enabled": false,
	"policy_abi_major": 1, "policy_abi_minor": 51, "policy_single_socket": false, "policy_smt_allowed": true,
}}

snp_values := {"snp_launch_measurement": ["aa"], "snp_bootloader": [3], "snp_microcode": [209], "snp_snp_svn": [14], "snp_tee_svn": [0]}

test_snp_is_affirmed if affirmed(snp, snp_values)

test_snp_needs_each_value if every_value_counts(snp, snp_values)

test_snp_needs_each_claim if every_change_counts(snp, snp_values, [
	"/snp/measurement", "/snp/reported_tcb_bootloader", "/snp/reported_tcb_microcode", "/snp/reported_tcb_snp", "/snp/reported_tcb_tee",
	"/snp/policy_debug_allowed", "/snp/policy_migrate_ma",
])

# Intel TDX.

tdx := {"tdx": {
	"quote": {
		"header": {"tee_type": "81000000", "vendor_id": "939a7233f79c4ca9940a0db3957f0607"},
		"body": {"mr_td": "m", "rtmr_1": "r1", "rtmr_2": "r2", "xfam": "x"},
	},
	"tcb_status": "UpToDate", "collateral_expiration_status": "0", "td_attributes": {"debug": false}, "uefi_event_logs": [],
}}

tdx_values := {"mr_td": ["m"], "rtmr_1": ["r1"], "rtmr_2": ["r2"], "xfam": ["x"]}

test_tdx_is_affirmed if affirmed(tdx, tdx_values)

test_tdx_needs_each_value if every_value_counts(tdx, tdx_values)

test_tdx_needs_each_claim if every_change_counts(tdx, tdx_values, [
	"/tdx/quote/header/tee_type", "/tdx/quote/header/vendor_id", "/tdx/quote/body/mr_td", "/tdx/quote/body/rtmr_1",
	"/tdx/quote/body/rtmr_2", "/tdx/quote/body/xfam", "/tdx/tcb_status", "/tdx/collateral_expiration_status", "/tdx/td_attributes/debug",
])

# Azure on SEV-SNP.

az_snp := {"az-snp-vtpm": {
	"measurement": "qg==", "tpm": {"pcr11": "11"}, "reported_tcb_bootloader": "3", "reported_tcb_microcode": "209", "reported_tcb_snp": "14",
	"reported_tcb_tee": "0", "policy_debug_allowed": "false", "policy_migrate_ma": "false", "platform_smt_enabled": "true",
	"platform_tsme_enabled": "false", "policy_abi_major": "1", "policy_abi_minor": "51", "policy_single_socket": "false", "policy_smt_allowed": "true",
}}

az_snp_values := {
	"measurement": ["qg=="], "snp_pcr11": ["11"], "tcb_bootloader": ["3"], "tcb_microcode": ["209"], "tcb_snp": ["14"], "tcb_tee": ["0"],
	"smt_enabled": ["true"], "tsme_enabled": ["false"], "abi_major": ["1"], "abi_minor": ["51"], "single_socket": ["false"],
	"smt_allowed": ["true"],
}

test_az_snp_is_affirmed if affirmed(az_snp, az_snp_values)

test_az_snp_needs_each_value if every_value_counts(az_snp, az_snp_values)

test_az_snp_needs_each_claim if every_change_counts(az_snp, az_snp_values, [
	"/az-snp-vtpm/measurement", "/az-snp-vtpm/tpm/pcr11", "/az-snp-vtpm/reported_tcb_tee", "/az-snp-vtpm/policy_debug_allowed",
	"/az-snp-vtpm/policy_migrate_ma", "/az-snp-vtpm/policy_smt_allowed", "/az-snp-vtpm/platform_tsme_enabled",
])

# Azure on TDX.

az_tdx := {"az-tdx-vtpm": {
	"quote": {"header": {"tee_type": "81000000", "vendor_id": "939a7233f79c4ca9940a0db3957f0607"}, "body": {"mr_td": "m", "xfam": "x"}},
	"tpm": {"pcr11": "11"}, "tcb_status": "UpToDate", "collateral_expiration_status": "0", "td_attributes": {"debug": false},
}}

az_tdx_values := {"tdx_pcr11": ["11"], "mr_td": ["m"], "xfam": ["x"]}

test_az_tdx_is_affirmed if affirmed(az_tdx, az_tdx_values)

test_az_tdx_needs_each_value if every_value_counts(az_tdx, az_tdx_values)

test_az_tdx_needs_each_claim if every_change_counts(az_tdx, az_tdx_values, [
	"/az-tdx-vtpm/quote/header/tee_type", "/az-tdx-vtpm/quote/header/vendor_id", "/az-tdx-vtpm/quote/body/mr_td",
	"/az-tdx-vtpm/quote/body/xfam", "/az-tdx-vtpm/tpm/pcr11", "/az-tdx-vtpm/tcb_status", "/az-tdx-vtpm/collateral_expiration_status",
	"/az-tdx-vtpm/td_attributes/debug",
])

# Intel SGX.

sgx := {"sgx": {
	"header": {"vendor_id": "939a7233f79c4ca9940a0db3957f0607"}, "tcb_status": "UpToDate", "collateral_expiration_status": "0",
	"body": {"mr_enclave": "e", "mr_signer": "s", "isv_prod_id": "0100", "isv_svn": "0200", "attributes.flags": "0500000000000000"},
}}

sgx_values := {"sgx_mr_enclave": ["e"]}

test_sgx_is_affirmed if affirmed(sgx, sgx_values)

test_sgx_needs_each_value if every_value_counts(sgx, sgx_values)

test_sgx_needs_each_claim if every_change_counts(sgx, sgx_values, [
	"/sgx/header/vendor_id", "/sgx/tcb_status", "/sgx/collateral_expiration_status", "/sgx/body/mr_enclave", "/sgx/body/attributes.flags",
])

sgx_product_values := {"sgx_mr_signer": ["s"], "sgx_isv_prod_id": ["0100"], "sgx_isv_svn": ["0200"]}

test_sgx_product_is_affirmed if affirmed(sgx, sgx_product_values)

test_sgx_product_needs_each_value if every_value_counts(sgx, sgx_product_values)

test_sgx_debug_is_not_affirmed if {
	every flags in ["0700000000000000", "0200000000000000", "0f00000000000000"] {
		not affirmed(json.patch(sgx, [{"op": "replace", "path": "/sgx/body/attributes.flags", "value": flags}]), {"sgx_mr_enclave": ["e"]})
	}
}

# Arm CCA.

cca := {"cca": {
	"realm": {"cca-realm-initial-measurement": "rim", "cca-realm-extensible-measurements": ["0", "1", "2", "3"]},
	"platform": {
		"cca-platform-implementation-id": "id", "cca-platform-lifecycle": 12291, "cca-platform-config": "c",
		"cca-platform-sw-components": [{"measurement-value": "bl"}, {"measurement-value": "rmm"}],
	},
}}

cca_values := {
	"cca_realm_initial_measurement": ["rim"], "cca_realm_extensible_measurements": [["0", "1", "2", "3"]],
	"cca_platform_implementation_id": ["id"], "cca_platform_software": ["bl", "rmm"], "cca_platform_config": ["c"],
}

test_cca_is_affirmed if affirmed(cca, cca_values)

test_cca_needs_each_value if every_value_counts(cca, cca_values)

test_cca_needs_each_claim if every_change_counts(cca, cca_values, [
	"/cca/realm/cca-realm-initial-measurement", "/cca/realm/cca-realm-extensible-measurements/2",
	"/cca/platform/cca-platform-implementation-id", "/cca/platform/cca-platform-config", "/cca/platform/cca-platform-lifecycle",
	"/cca/platform/cca-platform-sw-components/1/measurement-value",
])

test_cca_is_secured_only_from_3000_to_30ff if {
	every life in [0, 8192, 12287, 12544] {
		not affirmed(json.patch(cca, [{"op": "replace", "path": "/cca/platform/cca-platform-lifecycle", "value": life}]), cca_values)
	}
}

test_cca_without_firmware_is_not_affirmed if not affirmed(
	json.patch(cca, [{"op": "replace", "path": "/cca/platform/cca-platform-sw-components", "value": []}]),
	cca_values,
)

# Hygon CSV.

csv := {"csv": {"version": "2", "measure": "m", "policy": {"nodbg": 1, "noks": 1, "es": 1}}}

csv_values := {"csv_measure": ["m"]}

test_csv_is_affirmed if affirmed(csv, csv_values)

test_csv_needs_each_value if every_value_counts(csv, csv_values)

test_csv_needs_each_claim if every_change_counts(csv, csv_values, ["/csv/version", "/csv/measure", "/csv/policy/nodbg", "/csv/policy/noks", "/csv/policy/es"])

# IBM Secure Execution.

se := {"se": {"tag": "t", "version": 256, "image_phkh": "i", "attestation_phkh": "a"}}

se_values := {"se_tag": ["t"], "se_version": [256], "se_image_phkh": ["i"], "se_attestation_phkh": ["a"]}

test_se_is_affirmed if affirmed(se, se_values)

test_se_needs_each_value if every_value_counts(se, se_values)

test_se_needs_each_claim if every_change_counts(se, se_values, ["/se/tag", "/se/version", "/se/image_phkh", "/se/attestation_phkh"])

# AWS Nitro.

nitro := {"nitro": {"module_id": "i-1", "debug": false, "pcrs": {"0": "a", "1": "b", "2": "c"}}}

nitro_values := {"nitro_pcr0": ["a"], "nitro_pcr1": ["b"], "nitro_pcr2": ["c"]}

test_nitro_is_affirmed if affirmed(nitro, nitro_values)

test_nitro_needs_each_value if every_value_counts(nitro, nitro_values)

test_nitro_needs_each_claim if every_change_counts(nitro, nitro_values, ["/nitro/debug", "/nitro/pcrs/0", "/nitro/pcrs/1", "/nitro/pcrs/2"])

# A measured boot, with two registers that count.

tpm := {"tpm": {"ak_trust": "enrolled", "pcr04": "4", "pcr11": "11"}}

tpm_values := {"tpm_pcrs_required": [4, 11], "tpm_pcr04": ["4"], "tpm_pcr11": ["11"]}

test_tpm_is_affirmed if affirmed(tpm, tpm_values)

test_tpm_needs_each_value if every_value_counts(tpm, tpm_values)

test_tpm_needs_each_claim if every_change_counts(tpm, tpm_values, ["/tpm/ak_trust", "/tpm/pcr04", "/tpm/pcr11"])

# What is of no TEE, or of one without claims, is never affirmed; nor is evidence of one TEE with the values of another.

test_nothing_is_not_affirmed if {
	every evidence in [{}, {"snp": {}}, {"tpm": {}}, {"sgx": {"body": {}}}, {"cca": {}}, {"unknown": {"measurement": "aa"}}] {
		not affirmed(evidence, snp_values)
	}
}

test_values_are_of_one_tee if {
	not affirmed(snp, tdx_values)
	not affirmed(az_snp, snp_values)
}
