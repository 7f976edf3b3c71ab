# What the evidence of a CPU TEE deserves. Every claim starts from the worst value its kind has and is raised by a rule
# whose conditions all hold. Values are those of AR4SI:
#   2 approved, 3 known good (executables: recognised), 33 unrecognised executables, 36 configuration not known, 97 unrecognised hardware.
# query_reference_value(name) is null for a name that is unknown or has expired; nothing is "in" null, so such a rule fails.
package policy

import rego.v1

default executables := 33

default hardware := 97

default configuration := 36

default file_system := 0

default instance_identity := 0

default runtime_opaque := 0

default storage_opaque := 0

default sourced_data := 0

trust_claims := {
	"executables": executables,
	"hardware": hardware,
	"configuration": configuration,
	"file-system": file_system,
	"instance-identity": instance_identity,
	"runtime-opaque": runtime_opaque,
	"storage-opaque": storage_opaque,
	"sourced-data": sourced_data,
}

# TPM: a boot measured by firmware. Hardware is genuine when the attestation key is proven to live in a TPM whose endorsement
# certificate chains to a configured root, or was enrolled by the administrator. Executables: each required register holds an allowed value.

default tpm_required := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14]

tpm_required := required if {
	required := query_reference_value("tpm_pcrs_required")
	is_array(required)
	count(required) > 0
}

executables := 3 if {
	input.tpm
	every index in tpm_required {
		name := sprintf("pcr%02d", [index])
		input.tpm[name] in query_reference_value(concat("_", ["tpm", name]))
	}
}

hardware := 2 if input.tpm.ak_trust in ["credential-activation", "enrolled"]

configuration := 0 if input.tpm

# The sample TEE proves nothing; its evidence is taken only by a server in development mode.

executables := 3 if input.sample.launch_digest in query_reference_value("launch_digest")

hardware := 2 if {
	input.sample.svn in query_reference_value("svn")
	input.sample.platform_version.major == query_reference_value("major_version")

	# Rego orders null below every number, so an unknown minimum would be met by all.
	minimum := query_reference_value("minimum_minor_version")
	is_number(minimum)
	input.sample.platform_version.minor >= minimum
}

configuration := 2 if input.sample.debug == false

# AMD SEV-SNP.

executables := 3 if input.snp.measurement in query_reference_value("snp_launch_measurement")

hardware := 2 if {
	input.snp.reported_tcb_bootloader in query_reference_value("snp_bootloader")
	input.snp.reported_tcb_microcode in query_reference_value("snp_microcode")
	input.snp.reported_tcb_snp in query_reference_value("snp_snp_svn")
	input.snp.reported_tcb_tee in query_reference_value("snp_tee_svn")
}

configuration := 2 if snp_configuration_known

configuration := 3 if {
	input.snp.policy_debug_allowed == false
	input.snp.policy_migrate_ma == false
	not snp_configuration_known
}

snp_configuration_known if {
	input.snp.policy_debug_allowed == false
	input.snp.policy_migrate_ma == false
	input.snp.platform_smt_enabled == query_reference_value("snp_smt_enabled")
	input.snp.platform_tsme_enabled == query_reference_value("snp_tsme_enabled")
	input.snp.policy_abi_major == query_reference_value("snp_guest_abi_major")
	input.snp.policy_abi_minor == query_reference_value("snp_guest_abi_minor")
	input.snp.policy_single_socket == query_reference_value("snp_single_socket")
	input.snp.policy_smt_allowed == query_reference_value("snp_smt_allowed")
}

# Intel TDX.

executables := 3 if {
	tdx_registers_known
	tdx_kernel_known
	tdx_kernel_parameters_known
}

executables := 4 if {
	tdx_registers_known
	not tdx_boot_known
}

tdx_boot_known if {
	tdx_kernel_known
	tdx_kernel_parameters_known
}

tdx_registers_known if {
	input.tdx.quote.body.rtmr_1 in query_reference_value("rtmr_1")
	input.tdx.quote.body.rtmr_2 in query_reference_value("rtmr_2")
}

tdx_kernel_known if {
	some event in input.tdx.uefi_event_logs
	event.type_name == "EV_EFI_BOOT_SERVICES_APPLICATION"
	some path in event.details.device_paths
	contains(path, "File(kernel)")
	some digest in event.digests
	digest.digest == query_reference_value("tdvfkernel")
}

tdx_kernel_parameters_known if {
	some event in input.tdx.uefi_event_logs
	event.type_name == "EV_EVENT_TAG"
	event.details.string == "LOADED_IMAGE::LoadOptions"
	some digest in event.digests
	digest.digest == query_reference_value("tdvfkernelparams")
}

hardware := 2 if {
	input.tdx.quote.header.tee_type == "81000000"
	input.tdx.quote.header.vendor_id == "939a7233f79c4ca9940a0db3957f0607"
	input.tdx.quote.body.mr_td in query_reference_value("mr_td")
	input.tdx.tcb_status == "UpToDate"
	input.tdx.collateral_expiration_status == "0"
}

configuration := 2 if {
	input.tdx.td_attributes.debug == false
	input.tdx.quote.body.xfam in query_reference_value("xfam")
}

# Azure on SEV-SNP: the claims of the processor are text there. The vTPM measures the guest's boot loader and kernel into PCR 11.

executables := 3 if {
	input["az-snp-vtpm"].measurement in query_reference_value("measurement")
	input["az-snp-vtpm"].tpm.pcr11 in query_reference_value("snp_pcr11")
}

hardware := 2 if {
	input["az-snp-vtpm"].reported_tcb_bootloader in query_reference_value("tcb_bootloader")
	input["az-snp-vtpm"].reported_tcb_microcode in query_reference_value("tcb_microcode")
	input["az-snp-vtpm"].reported_tcb_snp in query_reference_value("tcb_snp")
	input["az-snp-vtpm"].reported_tcb_tee in query_reference_value("tcb_tee")
}

configuration := 2 if {
	input["az-snp-vtpm"].policy_debug_allowed == "false"
	input["az-snp-vtpm"].policy_migrate_ma == "false"
	input["az-snp-vtpm"].platform_smt_enabled in query_reference_value("smt_enabled")
	input["az-snp-vtpm"].platform_tsme_enabled in query_reference_value("tsme_enabled")
	input["az-snp-vtpm"].policy_abi_major in query_reference_value("abi_major")
	input["az-snp-vtpm"].policy_abi_minor in query_reference_value("abi_minor")
	input["az-snp-vtpm"].policy_single_socket in query_reference_value("single_socket")
	input["az-snp-vtpm"].policy_smt_allowed in query_reference_value("smt_allowed")
}

# Azure on TDX.

executables := 3 if input["az-tdx-vtpm"].tpm.pcr11 in query_reference_value("tdx_pcr11")

hardware := 2 if {
	input["az-tdx-vtpm"].quote.header.tee_type == "81000000"
	input["az-tdx-vtpm"].quote.header.vendor_id == "939a7233f79c4ca9940a0db3957f0607"
	input["az-tdx-vtpm"].quote.body.mr_td in query_reference_value("mr_td")
	input["az-tdx-vtpm"].tcb_status == "UpToDate"
	input["az-tdx-vtpm"].collateral_expiration_status == "0"
}

configuration := 2 if {
	input["az-tdx-vtpm"].td_attributes.debug == false
	input["az-tdx-vtpm"].quote.body.xfam in query_reference_value("xfam")
}

# Intel SGX: an enclave by its measurement, or by who signed which product in which version.

executables := 3 if input.sgx.body.mr_enclave in query_reference_value("sgx_mr_enclave")

executables := 3 if {
	input.sgx.body.mr_signer in query_reference_value("sgx_mr_signer")
	input.sgx.body.isv_prod_id in query_reference_value("sgx_isv_prod_id")
	input.sgx.body.isv_svn in query_reference_value("sgx_isv_svn")
}

hardware := 2 if {
	input.sgx.header.vendor_id == "939a7233f79c4ca9940a0db3957f0607"
	input.sgx.tcb_status == "UpToDate"
	input.sgx.collateral_expiration_status == "0"
}

# The second bit of the first byte of ATTRIBUTES is DEBUG.
configuration := 2 if substring(input.sgx.body["attributes.flags"], 1, 1) in {"0", "1", "4", "5", "8", "9", "c", "d"}

# Arm CCA. Of the four extensible measurements all are compared, as one list; a platform is secured from 0x3000 to 0x30ff of its life.

executables := 3 if {
	input.cca.realm["cca-realm-initial-measurement"] in query_reference_value("cca_realm_initial_measurement")
	input.cca.realm["cca-realm-extensible-measurements"] in query_reference_value("cca_realm_extensible_measurements")
}

hardware := 2 if {
	input.cca.platform["cca-platform-implementation-id"] in query_reference_value("cca_platform_implementation_id")
	input.cca.platform["cca-platform-lifecycle"] >= 12288
	input.cca.platform["cca-platform-lifecycle"] <= 12543
	count(input.cca.platform["cca-platform-sw-components"]) > 0
	every component in input.cca.platform["cca-platform-sw-components"] {
		component["measurement-value"] in query_reference_value("cca_platform_software")
	}
}

configuration := 2 if input.cca.platform["cca-platform-config"] in query_reference_value("cca_platform_config")

# Hygon CSV. Its report names no versions of the platform: that it is signed by a chip of Hygon is all there is to say of the hardware.

executables := 3 if input.csv.measure in query_reference_value("csv_measure")

hardware := 2 if input.csv.version in ["1", "2"]

configuration := 2 if {
	input.csv.policy.nodbg == 1
	input.csv.policy.noks == 1
	input.csv.policy.es == 1
}

# IBM Secure Execution: the image by the tag of its header, the machine by the host keys that could open image and request.

executables := 3 if input.se.tag in query_reference_value("se_tag")

hardware := 2 if {
	input.se.image_phkh in query_reference_value("se_image_phkh")
	input.se.attestation_phkh in query_reference_value("se_attestation_phkh")
}

configuration := 2 if input.se.version in query_reference_value("se_version")

# AWS Nitro enclaves: the image, its kernel, and its application are PCR 0, 1 and 2; the hypervisor that signs is AWS's.

executables := 3 if {
	input.nitro.pcrs["0"] in query_reference_value("nitro_pcr0")
	input.nitro.pcrs["1"] in query_reference_value("nitro_pcr1")
	input.nitro.pcrs["2"] in query_reference_value("nitro_pcr2")
}

hardware := 2 if is_string(input.nitro.module_id)

configuration := 2 if input.nitro.debug == false

# What the guest said it would run, from its init-data, for whoever reads the token.

extensions := [{"name": "ear.trustee.identifiers", "key": -18, "value": {"validated": validated}}]

containers := object.get(input, ["init_data_claims", "agent_policy_claims", "containers"], [])

container_images := [image | some container in containers; image := container.OCI.Annotations["io.kubernetes.cri.image-name"]]

container_uids := [uid | some container in containers; uid := container.OCI.Process.User.UID]

validated := {name: list |
	some name, list in {"container_images": container_images, "container_uids": container_uids}
	count(list) > 0
}
