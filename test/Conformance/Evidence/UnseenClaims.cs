namespace Nacre.ConformanceTests.Evidence;

/// <summary>Claims that no vector yields, each with the reason; the path as <see cref="SchemaCoverage"/> writes it, after the TEE.</summary>
internal static class UnseenClaims
{
    private const string NoList = "AMD has published no revocation list to test with";
    private const string Only10 = "no public evidence of an Azure VM has TD report 1.5";
    private const string NoItem = "no public report has such an item";

    private static readonly Dictionary<string, string> s_reasons = new()
    {
        ["az-snp-vtpm.collateral_expiration_status"] = NoList,
        ["az-snp-vtpm.csp_id"] = "Azure signs with VCEKs, and a provider is named with a VLEK",
        ["az-snp-vtpm.current_mit_vector"] = "no public evidence is of report version 5",
        ["az-snp-vtpm.launch_mit_vector"] = "no public evidence is of report version 5",
        ["az-snp-vtpm.reported_tcb_fmc"] = "no public evidence is of a Turin",
        ["az-tdx-vtpm.advisory_ids_current"] = Only10,
        ["az-tdx-vtpm.advisory_ids_current[]"] = Only10,
        ["az-tdx-vtpm.quote.body.mr_servicetd"] = Only10,
        ["az-tdx-vtpm.quote.body.tee_tcb_svn2"] = Only10,
        ["az-tdx-vtpm.tcb_date_current"] = Only10,
        ["az-tdx-vtpm.tcb_status_current"] = Only10,
        ["az-tdx-vtpm.quote.size"] = "no public evidence has a quote of version 5",
        ["az-tdx-vtpm.quote.type"] = "no public evidence has a quote of version 5",
        ["snp.collateral_expiration_status"] = NoList,
        ["se.firmware_state"] = "the machine of these tests answers requests that do not ask for it",
        ["se.secret_store_hash"] = "the machine of these tests answers requests that do not ask for it",
        ["tpm.ek_certificate_sha256"] = "vectors name their key; activation of a credential is tested with a TPM",
        ["nitro.public_key"] = "no public document carries a key",
        ["nvidia.config.cert_issuer_name"] = NoItem,
        ["nvidia.config.cert_authority_key_identifier"] = NoItem,
        ["nvidia.config.id_sku"] = NoItem,
        ["nvidia.config.manufacturer_id"] = NoItem,
        ["nvidia.config.tamper_detection"] = NoItem,
        ["nvidia.config.smc"] = NoItem,
        ["nvidia.config.vpr"] = NoItem,
        ["nvidia.config.gpu_link_conn"] = NoItem,
        ["nvidia.config.*"] = NoItem,
        ["nvidia.uuid"] = "lists of evidence here do not name their devices",
        ["nvidia.x-nvidia-switch-attestation-report-cert-chain-fwid-match"] = "the reports of switches do not have it",
        ["nvidia.x-nvidia-switch-driver-version"] = "the reports of switches do not have it",
        ["nvidia.gpu_count"] = "no public evidence is of a whole fabric",
        ["nvidia.switch_count"] = "no public evidence is of a whole fabric",
    };

    public static IEnumerable<string> Of(string tee) => s_reasons.Keys
        .Where(path => path.StartsWith($"{tee}.", StringComparison.Ordinal)).Select(path => path[tee.Length..]);
}
