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
            verifiers.Note("tpm_verifier", "not read, as by upstream: give authorities of TPMs with --tpm-root, or enrol keys as trusted_aks");
        if (verifiers.Has("nvidia_dpu_verifier"))
            verifiers.Problem("nvidia_dpu_verifier", "nacre verifies no NVIDIA DPUs; leave the table away");
        verifiers.Close();
    }

    private static void ReadDcap(ConfigTable dcap, ServeSettings settings)
    {
        if (dcap.Text("collateral_service") is { } service)
        {
            if (service.StartsWith("file:", StringComparison.Ordinal))
                dcap.Problem("collateral_service", "nacre does not read files of Intel's client tool; give it a PCCS, or a folder with --collateral");
            else
                settings.Set("--pccs", Host(service));
        }

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
        var folders = new List<string>();
        var asksAmd = false;
        foreach (var source in snp.Tables("vcek_sources"))
        {
            switch (source.Choice("type", "OfflineStore", "KDS"))
            {
                case "OfflineStore":
                    folders.Add(source.Text("path") ?? "/opt/confidential-containers/attestation-service/kds-store");
                    source.Note("type", $"certificates of AMD are looked for in {folders[^1]}, before a service is asked if there is one");
                    break;
                case "KDS" when asksAmd:
                    source.Problem("type", "nacre asks one service of AMD; leave one of them");
                    break;
                case "KDS":
                    asksAmd = true;
                    if (source.Text("base_url") is { } url)
                        settings.Set("--kds", url);
                    break;
            }

            source.Close();
        }

        snp.Close();
        if (folders.Count > 0)
        {
            settings.Change(options => options.Collateral is { } collateral
                ? options with { Collateral = collateral with { AmdFolders = folders, AsksAmd = asksAmd } } : options);
        }
    }

    private static void ReadNvidia(ConfigTable nvidia)
    {
        // A policy for the claims of NVIDIA's service affirms nothing then, which is safe.
        if (nvidia.Choice("type", "Local", "local", "Remote", "remote") is "Remote" or "remote")
            nvidia.Note("type", "GPUs are verified here, and no service of NVIDIA is asked: attestation policies see the claims of Local");
        if (nvidia.Text("verifier_url") is not null)
            nvidia.Note("verifier_url", "not needed: GPUs are verified here");
        nvidia.Close();
    }
}
