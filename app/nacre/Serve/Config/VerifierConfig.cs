namespace Nacre.Cli.Serve.Config;

/// <summary>Upstream's configuration of verifiers (trust.md 3.9): where they get what vendors publish.</summary>
internal static class VerifierConfig
{
    public static void Read(ConfigTable verifiers, ServeSettings settings)
    {
        if (verifiers.Table("dcap_verifier") is { } dcap)
            ReadDcap(dcap, settings);
        if (verifiers.Table("snp_verifier") is { } snp)
            ReadSnp(snp, settings);
        if (verifiers.Table("nvidia_verifier") is { } nvidia)
            ReadNvidia(nvidia);
        if (verifiers.Has("tpm_verifier"))
            verifiers.Note("tpm_verifier", "has no settings; authorities of TPMs are given with --tpm-root");
        if (verifiers.Has("nvidia_dpu_verifier"))
            verifiers.Problem("nvidia_dpu_verifier", "nacre verifies no NVIDIA DPUs; leave the table away");
        verifiers.Close();
    }

    private static void ReadDcap(ConfigTable dcap, ServeSettings settings)
    {
        if (dcap.Text("collateral_service") is { } service)
            settings.Set("--pccs", Host(service));
        if (dcap.Choice("tcb_update_type", "early", "standard") is { } update)
            settings.Set("--tcb-update", update);
        if (dcap.Flag("use_secure_cert") == false)
            dcap.Problem(
                "use_secure_cert",
                "nacre checks the certificate of the collateral service; give it one of an authority that the machine trusts");
        dcap.Close();
    }

    // Upstream's value is often the service with the path of its version.
    private static string Host(string service) =>
        Uri.TryCreate(service, UriKind.Absolute, out var url) && url.AbsolutePath.Contains("/certification/", StringComparison.Ordinal)
            ? url.GetLeftPart(UriPartial.Authority) : service;

    private static void ReadSnp(ConfigTable snp, ServeSettings settings)
    {
        var sources = snp.Tables("vcek_sources");
        if (sources.Count > 1)
            snp.Problem("vcek_sources", "nacre asks one source: either a folder or a service; leave one of them");
        foreach (var source in sources)
        {
            switch (source.Choice("type", "OfflineStore", "KDS"))
            {
                case "OfflineStore":
                    settings.Set("--collateral", source.Text("path") ?? "/opt/confidential-containers/attestation-service/kds-store");
                    source.Note(
                        "type", "certificates of AMD are read from the folder, and nothing is asked of any vendor over the network");
                    break;
                case "KDS" when source.Text("base_url") is { } url:
                    settings.Set("--kds", url);
                    break;
            }

            source.Close();
        }

        snp.Close();
    }

    private static void ReadNvidia(ConfigTable nvidia)
    {
        if (nvidia.Choice("type", "Local", "local", "Remote", "remote") is "Remote" or "remote")
            nvidia.Problem(
                "type",
                "nacre verifies GPUs itself and asks no NVIDIA service about them; use Local, with attestation policies for its claims");
        if (nvidia.Text("verifier_url") is not null)
            nvidia.Note("verifier_url", "not needed: GPUs are verified here");
        nvidia.Close();
    }
}
