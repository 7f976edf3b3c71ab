namespace Nacre.Cli.Serve.Config;

/// <summary>
/// Upstream's configuration of the Attestation Service: the file of <c>grpc-as</c> and <c>restful-as</c>, and the table of a key broker that
/// has it built in (trust.md 3.3, 3.9).
/// </summary>
internal static class AttestationConfig
{
    /// <exception cref="CommandException">The file cannot be read. What is wrong in it is kept in the settings.</exception>
    public static ServeSettings Read(FileInfo path, bool development)
    {
        var file = ConfigFile.Read(path);
        var settings = new ServeSettings(file, development);
        ReadService(file.Root, settings);
        if (file.Root.Has("work_dir"))
            file.Root.Note("work_dir", "of an older form, which upstream ignores too: everything is in --data");
        if (file.Root.Table("storage_backend") is { } storage)
            StorageConfig.Read(storage, settings);
        file.Root.Close();
        return settings;
    }

    public static void ReadService(ConfigTable service, ServeSettings settings)
    {
        if (service.Table("rvps_config") is { } references)
            ReadReferences(references, settings);
        if (service.Table("attestation_token_broker") is { } broker)
            ReadTokens(broker, settings);
        if (service.Table("verifier_config") is { } verifiers)
            VerifierConfig.Read(verifiers, settings);
        StorageConfig.ReadType(service, "storage_type");
    }

    private static void ReadReferences(ConfigTable references, ServeSettings settings)
    {
        var type = references.Choice("type", "BuiltIn", "GrpcRemote");
        var address = references.Text("address");
        if (type == "GrpcRemote")
        {
            settings.Set("--rvps-addr", address ?? "127.0.0.1:50003");
            references.Note("type", $"reference values are those of the RVPS at {address ?? "127.0.0.1:50003"}");
        }

        RvpsConfig.ReadExtractors(references);
        StorageConfig.ReadType(references, "storage_type");
        references.Close();
    }

    private static void ReadTokens(ConfigTable broker, ServeSettings settings)
    {
        if (broker.Number("duration_min", 1, 24 * 60) is { } minutes)
            settings.Set("--token-minutes", $"{minutes}");
        if (broker.Text("issuer_name") is { } issuer)
            settings.Set("--token-issuer", issuer);
        if (broker.Flag("verbose_token") is { } verbose)
            settings.Set("--token-form", verbose ? "verbose" : "small");
        if (broker.Text("developer_name") is { } developer)
            settings.Change(options => options with { Tokens = options.Tokens with { Developer = developer } });
        if (broker.Text("build_name") is { } build)
            settings.Change(options => options with { Tokens = options.Tokens with { Build = build } });
        if (broker.Text("profile_name") is { } profile)
            settings.Change(options => options with { Tokens = options.Tokens with { Profile = profile } });
        if (broker.Choice("type", "Ear") is not null)
            broker.Note("type", "tokens are EAR, as upstream's");
        if (broker.Table("signer") is { } signer)
            ReadSigner(signer, settings);
        broker.Close();
    }

    private static void ReadSigner(ConfigTable signer, ServeSettings settings)
    {
        if (signer.Text("key_path") is { } key)
            settings.Set("--token-key", key);
        else
            signer.Problem("key_path", "is missing; without signer nacre makes its own key and keeps it in the store");
        if (signer.Text("cert_path") is { } certificate)
            settings.Set("--token-cert", certificate);
        if (signer.Text("cert_url") is { } url)
        {
            settings.Change(options => options.Tokens.Key is { } given
                ? options with { Tokens = options.Tokens with { Key = given with { CertificateUrl = url } } } : options);
        }

        signer.Close();
    }
}
