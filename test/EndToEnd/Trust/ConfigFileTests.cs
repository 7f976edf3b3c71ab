using Nacre.Cli;
using Nacre.Cli.Serve;
using Nacre.Cli.Serve.Config;
using Nacre.KeyBroker;
using Nacre.Verifiers.Collateral;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Upstream's configuration files key by key: what they come to, and what is told of a key that cannot be honoured.</summary>
[Trait("Group", "TrustConfig")]
public sealed class ConfigFileTests : IDisposable
{
    private const string Needed = """
        [http_server]
        [admin]
        authorization_mode = "DenyAll"

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_same_settings_in_toml_yaml_and_json_come_to_the_same()
    {
        var toml = Read("kbs.toml", """
            [http_server]
            sockets = ["127.0.0.1:8443"]
            worker_count = 4
            tls_profile = "modern"
            [attestation_service]
            type = "coco_as_grpc"
            as_addr = "http://127.0.0.1:50004"
            timeout = 10
            [attestation_token]
            trusted_certs_paths = ["a.pem", "b.pem"]
            [admin]
            authorization_mode = "DenyAll"
            """);
        var yaml = Read("kbs.yaml", """
            http_server:
              sockets: ["127.0.0.1:8443"]
              worker_count: 4
              tls_profile: modern
            attestation_service:
              type: coco_as_grpc
              as_addr: http://127.0.0.1:50004
              timeout: 10
            attestation_token:
              trusted_certs_paths:
                - a.pem
                - b.pem
            admin: {authorization_mode: DenyAll}
            """);
        var json = Read("kbs.json", """
            {"http_server":{"sockets":["127.0.0.1:8443"],"worker_count":4,"tls_profile":"modern"},
             "attestation_service":{"type":"coco_as_grpc","as_addr":"http://127.0.0.1:50004","timeout":10},
             "attestation_token":{"trusted_certs_paths":["a.pem","b.pem"]},"admin":{"authorization_mode":"DenyAll"}}
            """);

        foreach (var settings in (ServeSettings[])[toml, yaml, json])
        {
            Assert.Empty(settings.File.Problems);
            var line = settings.Join(ServeCommand.Create().Parse(["--data", _folder]));
            Assert.Equal("https://127.0.0.1:8443", line.GetValue<string>("--url"));
            Assert.Equal("http://127.0.0.1:50004", line.GetValue<string>("--as-addr"));
            Assert.Equal(["a.pem", "b.pem"], line.GetValue<FileInfo[]>("--trusted-cert")!.Select(file => file.Name));
            var options = settings.Complete(new() { DataDirectory = _folder, Url = new Uri("https://localhost") });
            Assert.Equal(TimeSpan.FromMinutes(10), options.Broker.SessionLife);
            Assert.Equal(KeyBroker.Admin.AdminMode.DenyAll, options.AdminMode);
            Assert.False(options.Tls.AllowTls12);
        }
    }

    [Fact]
    public void The_command_line_overrides_the_file()
    {
        const string text = "[http_server]\nsockets = [\"127.0.0.1:1\"]\ninsecure_http = true\n[admin]\nauthorization_mode = \"DenyAll\"\n";
        var settings = Read("kbs.toml", text, "--url", "https://127.0.0.1:2");

        var line = settings.Join(ServeCommand.Create().Parse(["--data", _folder, "--url", "https://127.0.0.1:2"]));

        Assert.Equal("https://127.0.0.1:2", line.GetValue<string>("--url"));
    }

    [Fact]
    public void Several_sockets_are_several_addresses_unless_the_command_line_says_otherwise()
    {
        const string text = "[http_server]\nsockets = [\"127.0.0.1:1\", \"[::1]:2\"]\n[admin]\nauthorization_mode = \"DenyAll\"\n";

        TrustServerOptions Of(params string[] arguments) =>
            Read("kbs.toml", text, arguments).Complete(new() { DataDirectory = _folder, Url = new Uri("https://localhost") });

        Assert.Equal("[::1]:2", $"{Assert.Single(Of().MoreAddresses)}");
        Assert.Empty(Of("--url", "https://127.0.0.1:3").MoreAddresses);
    }

    [Fact]
    public void The_builtin_services_of_upstream_are_options_of_ours()
    {
        var settings = Read("kbs.toml", Needed + """
            [attestation_service]
            type = "coco_as_builtin"
            [attestation_service.attestation_token_broker]
            duration_min = 7
            issuer_name = "me"
            developer_name = "https://dev.example"
            build_name = "build 1"
            profile_name = "tag:example"
            verbose_token = false
            [attestation_service.attestation_token_broker.signer]
            key_path = "token.key"
            cert_path = "chain.pem"
            [attestation_service.rvps_config]
            type = "GrpcRemote"
            address = "127.0.0.1:50003"
            [attestation_service.verifier_config.dcap_verifier]
            collateral_service = "https://pccs.example:8081/sgx/certification/v4/"
            tcb_update_type = "standard"
            [[attestation_service.verifier_config.snp_verifier.vcek_sources]]
            type = "KDS"
            base_url = "https://kds.example"
            [storage_backend]
            storage_type = "Postgres"
            [storage_backend.backends.postgres]
            db = "trustee"
            username = "trustee"
            password = "a secret"
            host = "db.example"
            port = 5433
            [[plugins]]
            name = "resource"
            storage_backend_type = "kvstorage"
            [[plugins]]
            name = "resource"
            storage_backend_type = "Vault"
            vault_url = "https://vault.example"
            [[plugins]]
            name = "provisioner"
            key_length = 16
            """);

        Assert.Empty(settings.File.Problems);
        var plugins = settings.Complete(new() { DataDirectory = _folder, Url = new("https://127.0.0.1:0") }).Broker.Plugins;
        Assert.Equal(["resource", "provisioner"], plugins.Select(plugin => plugin.Name));
        Assert.Equal(16, plugins[1].Number("key_length", 0, 0, 99));
        var line = settings.Join(ServeCommand.Create().Parse(["--data", _folder]));
        Assert.Equal((7, "me", "small"), (line.GetValue<int>("--token-minutes"), line.GetValue<string>("--token-issuer"), line.GetValue<string>("--token-form")));
        Assert.Equal(("token.key", "chain.pem"), (line.GetValue<FileInfo>("--token-key")!.Name, line.GetValue<FileInfo>("--token-cert")!.Name));
        Assert.Equal("127.0.0.1:50003", line.GetValue<string>("--rvps-addr"));
        Assert.Equal(
            ("https://pccs.example:8081", "standard", "https://kds.example"),
            (line.GetValue<string>("--pccs"), line.GetValue<string>("--tcb-update"), line.GetValue<string>("--kds")));
        Assert.Equal("postgres://trustee@db.example:5433/trustee", line.GetValue<string>("--store"));
        Assert.DoesNotContain(line.Tokens, token => token.Value.Contains("a secret", StringComparison.Ordinal));
        var options = settings.Complete(new() { DataDirectory = _folder, Url = new Uri("https://localhost") });
        Assert.Equal("a secret", options.StorePassword);
        Assert.Equal(("https://dev.example", "build 1", "tag:example"), (options.Tokens.Developer, options.Tokens.Build, options.Tokens.Profile));
    }

    [Fact]
    public void Intel_trust_authority_keeps_its_key_off_the_command_line()
    {
        var settings = Read("kbs.toml", Needed + """
            [attestation_service]
            type = "intel_ta"
            base_url = "https://api.trustauthority.intel.com"
            api_key = "a-secret-key"
            certs_file = "file:///etc/ita/certs.json"
            policy_ids = ["p1", "p2"]
            allow_unmatched_policy = true
            """);

        Assert.Empty(settings.File.Problems);
        var line = settings.Join(ServeCommand.Create().Parse(["--data", _folder]));
        Assert.Equal("https://api.trustauthority.intel.com", line.GetValue<string>("--ita-url"));
        Assert.Equal("/etc/ita/certs.json", line.GetValue<string[]>("--trusted-jwks")!.Single());
        Assert.Equal(["p1", "p2"], line.GetValue<string[]>("--ita-policy")!);
        Assert.True(line.GetValue<bool>("--ita-allow-unmatched"));
        Assert.Equal("a-secret-key"u8.ToArray(), settings.ApiKey!.Reveal().ToArray());
        Assert.DoesNotContain(line.Tokens, token => token.Value.Contains("a-secret-key", StringComparison.Ordinal));
        Assert.DoesNotContain(settings.File.Rows, row => row.Meaning.Contains("a-secret-key", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_open_with_upstream_is_open_with_development_only()
    {
        var file = Write("kbs.toml", """
            [http_server]
            insecure_http = true
            sockets = ["127.0.0.1:8080"]
            [attestation_token]
            insecure_header_jwk = true
            [admin]
            authorization_mode = "InsecureAllowAll"
            """);

        Assert.Equal(3, KbsConfig.Read(file, ServeCommand.Create().Parse(["--data", _folder]), development: false).File.Problems.Count);
        var open = KbsConfig.Read(file, ServeCommand.Create().Parse(["--data", _folder, "--development"]), development: true);
        Assert.Empty(open.File.Problems);
        var line = open.Join(ServeCommand.Create().Parse(["--data", _folder, "--development"]));
        Assert.Equal(("http://127.0.0.1:8080", true), (line.GetValue<string>("--url"), line.GetValue<bool>("--insecure-header-jwk")));
        Assert.Equal(
            KeyBroker.Admin.AdminMode.AllowAll,
            open.Complete(new() { DataDirectory = _folder, Url = new Uri("http://localhost") }).AdminMode);
    }

    [Theory]
    [InlineData("[http_server]\nsocket = [\"127.0.0.1:1\"]", "http_server.socket: is not known; is it sockets?", 2)]
    [InlineData("[http_server]\nsockets = [\"127.0.0.1:1\", \"localhost:2\"]", "'localhost:2' is not IP:PORT", 2)]
    [InlineData("[http_server]\nsockets = \"127.0.0.1:1\"", "array of strings", 2)]
    [InlineData("[http_server]\ninsecure_http = true", "only with --development", 2)]
    [InlineData("[http_server]\ncertificate = \"x\"", "private_key", null)]
    [InlineData("[http_server]\npayload_request_size = 9", "at most 2 MiB", 2)]
    [InlineData("[http_server]\n\ntls_ciphers = \"AES\"", "openssl.cnf", 3)]
    [InlineData("[http_server]\ntls_min_version = \"1.3\"\ntls_max_version = \"1.2\"", "above", 2)]
    [InlineData("[http_server]\n[storage_backend]\nstorage_type = \"Redis\"", "no store in Redis", 3)]
    [InlineData("[http_server]\n[storage_backend]\nstorage_type = \"Postgres\"", "backends.postgres", 3)]
    [InlineData("[http_server]\n[attestation_token]\ninsecure_header_jwk = true", "anyone can make", 3)]
    [InlineData("[http_server]\n[attestation_token]\ntrusted_jwk_sets = [\"http://idp.example\"]", "must be https", 3)]
    [InlineData("[http_server]\n[attestation_service]\ntype = \"coco_as\"", "is not one of", 3)]
    [InlineData("[http_server]\n[attestation_service]\ntype = \"intel_ta\"", "attestation_service.api_key: is missing", null)]
    [InlineData("[http_server]\n[attestation_service]\ncerts_file = \"s3://keys\"\ntype = \"intel_ta\"", "not a file", 3)]
    [InlineData("[http_server]\n[attestation_service.verifier_config.snp_verifier]\nvcek_sources = [{type = \"KDS\"}, {type = \"KDS\"}]", "one service", null)]
    [InlineData("[http_server]\n[attestation_service.verifier_config.dcap_verifier]\nuse_secure_cert = false", "authority", 3)]
    [InlineData("[http_server]\n[attestation_service.verifier_config.dcap_verifier]\ncollateral_service = \"file:///c.json\"", "--collateral", 3)]
    [InlineData("[http_server]\n[[plugins]]\nname = \"pkcs12\"", "no plugin 'pkcs12'", 3)]
    [InlineData("[http_server]\n[[plugins]]\nslot_index = 1", "plugins[0].name: is missing", null)]
    [InlineData("", "http_server: is missing", null)]
    public void A_key_that_cannot_be_honoured_says_why_and_where(string text, string problem, int? line)
    {
        var settings = Read("kbs.toml", text + "\n[admin]\nauthorization_mode = \"DenyAll\"\n");

        var found = Assert.Single(settings.File.Problems, one => one.Contains(problem, StringComparison.Ordinal));
        if (line is not null)
            Assert.Contains($"kbs.toml:{line}: ", found, StringComparison.Ordinal);
        Assert.Throws<CommandException>(settings.RequireGood);
    }

    [Theory]
    [InlineData("authorization_mode = \"InsecureAllowAll\"", "lets anyone")]
    [InlineData("", "is missing; upstream takes InsecureAllowAll then")]
    [InlineData("authorization_mode = \"AuthenticatedAuthorization\"", "identity_providers")]
    [InlineData("authorization_mode = \"AuthenticatedAuthorization\"\nauthorization.regex_acl.acls = [{role=\"admin\", allowed_endpoints=\"/kbs/.+\"}]", "must begin with ^/kbs")]
    [InlineData("authorization_mode = \"AuthenticatedAuthorization\"\nauthentication.bearer_jwt.identity_providers = [{issuer=\"x\", jwk_set_uri=\"http://idp.example\"}]", "must be https")]
    [InlineData("authorization_mode = \"AuthenticatedAuthorization\"\nauthentication.bearer_jwt.identity_providers = [{issuer=\"x\"}]", "needs public_key_uri or jwk_set_uri")]
    [InlineData("authorization_mode = \"AuthenticatedAuthorization\"\nauthentication.bearer_jwt.identity_providers = [{public_key_uri=\"/none.pem\"}]", "cannot be read")]
    public void An_open_or_broken_administration_is_refused(string admin, string problem)
    {
        var settings = Read("kbs.toml", $"[http_server]\n[admin]\n{admin}\n");

        Assert.Contains(settings.File.Problems, one => one.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("kbs.ini", "", "extension")]
    [InlineData("kbs.toml", "[http_server", "cannot be read")]
    [InlineData("kbs.json", "[]", "cannot be read")]
    [InlineData("kbs.yaml", "a: &x 1\nb: *x\n", "alias")]
    [InlineData("kbs.yaml", "- 1\n", "one mapping")]
    public void What_is_no_such_file_is_one_line(string name, string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<CommandException>(() => Read(name, text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"rvps_config":{"type":"GrpcRemote","address":"http://rvps:50003"},"attestation_token_broker":{"duration_min":5}}""", null)]
    [InlineData("""{"verifier_config":{"snp_verifier":{"vcek_sources":[{"type":"OfflineStore"}]},"tpm_verifier":{"x":1}}}""", null)]
    [InlineData("""{"policy_engine":"opa"}""", "policy_engine: is not known")]
    [InlineData("""{"attestation_token_broker":{"signer":{"cert_path":"x"}}}""", "key_path: is missing")]
    public void The_file_of_an_attestation_service_is_read_as_the_table_of_a_key_broker(string text, string? problem)
    {
        var settings = AttestationConfig.Read(Write("as.json", text), development: false);

        Assert.Equal(problem is null ? 0 : 1, settings.File.Problems.Count(one => problem is null || one.Contains(problem, StringComparison.Ordinal)));
    }

    [Fact]
    public void Keys_that_upstream_passes_over_in_its_own_files_do_not_stop_a_start()
    {
        const string text = """
            {"storage":{"storage_type":"LocalJson","backends":{"local_json":{"file_dir_path":"/x"}}},"extractors":{"swid_extractor":{}}}
            """;
        Assert.Empty(RvpsConfig.Read(Write("rvps.json", text)).File.Problems);

        // As its compose file has it, its Kubernetes files, and its samples.
        foreach (var old in (string[])["""{"type":"LocalJson"}""", """{"storage":{"type":"LocalFs","file_path":"/values"}}"""])
        {
            var settings = RvpsConfig.Read(Write("old.json", old));
            Assert.Empty(settings.File.Problems);
            Assert.Contains(settings.File.Rows, row => row.Meaning.Contains("older form", StringComparison.Ordinal));
        }

        var service = AttestationConfig.Read(Write("as.json", """
            {"work_dir":"/work","attestation_token_broker":{"type":"Ear"},
             "verifier_config":{"nvidia_verifier":{"type":"Remote"},"tpm_verifier":{"trusted_ak_keys_dir":"/keys","max_trusted_ak_keys":5}}}
            """), development: false);
        Assert.Empty(service.File.Problems);
        Assert.Contains(service.File.Rows, row => row.Key == "work_dir");
        Assert.Contains(service.File.Rows, row => row.Meaning.Contains("no service of NVIDIA", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_storage_may_have_its_table_whichever_is_chosen()
    {
        var settings = Read("kbs.toml", "session_storage_type = \"Redis\"\n" + Needed + """
            [storage_backend]
            storage_type = "LocalFs"
            [storage_backend.backends.local_fs]
            dir_path = "/none"
            [storage_backend.backends.local_json]
            file_dir_path = "/none"
            [storage_backend.backends.postgres]
            host = "db.example"
            port = 5433
            db = "d"
            username = "u"
            password = "p"
            [storage_backend.backends.redis]
            url = "redis://127.0.0.1"
            """);

        Assert.Empty(settings.File.Problems);
        Assert.Equal("sqlite", settings.Join(ServeCommand.Create().Parse(["--data", _folder])).GetValue<string>("--store"));
    }

    [Theory]
    [InlineData("postgresql://trustee:p%40ss@db.example:5433/kv?sslmode=require", "postgres://trustee@db.example:5433/kv", "p@ss")]
    [InlineData("postgres://trustee@db/kv", "postgres://trustee@db:5432/kv", null)]
    [InlineData("postgresql://[::1]/kv", null, null)]
    [InlineData("postgresql://u@db", null, null)]
    [InlineData("redis://u@db/kv", null, null)]
    public void A_database_is_named_by_one_address(string url, string? address, string? password)
    {
        var place = PostgresPlace.TryParse(url);

        Assert.Equal((address, password), (place?.Address, place?.Password));
        Assert.DoesNotContain("p@ss", $"{place}", StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_of_AMD_come_from_the_sources_that_are_named()
    {
        CollateralOptions Of(string sources) => Read("kbs.toml", Needed
            + $"[attestation_service.verifier_config.snp_verifier]\nvcek_sources = [{sources}]\n").Complete(new()
            {
                DataDirectory = _folder,
                Url = new Uri("https://localhost"),
                Collateral = new() { CacheFolder = _folder },
            }).Collateral!;

        var both = Of("{type = \"OfflineStore\", path = \"/store\"}, {type = \"KDS\"}");
        Assert.Equal(("/store", true, null), (Assert.Single(both.AmdFolders), both.AsksAmd, both.Folder));
        var folder = Of("{type = \"OfflineStore\"}");
        Assert.Equal(("/opt/confidential-containers/attestation-service/kds-store", false), (Assert.Single(folder.AmdFolders), folder.AsksAmd));
        var service = Of("{type = \"KDS\", base_url = \"https://kds.example\"}");
        Assert.Empty(service.AmdFolders);
    }

    [Fact]
    public void Key_sets_are_files_or_https_addresses()
    {
        var settings = Read("kbs.toml", """
            [http_server]
            [attestation_token]
            trusted_jwk_sets = ["/etc/a.json", "file:///etc/b.json", "https://tokens.example/keys"]
            [admin]
            authorization_mode = "AuthenticatedAuthorization"
            authorization.regex_acl.acls = [{role = "admin", allowed_endpoints = "^/kbs/.+$"}]
            authentication.bearer_jwt.identity_providers = [{issuer = "me", audience = "KBS", jwk_set_uri = "https://idp.example"}]
            """);

        Assert.Empty(settings.File.Problems);
        Assert.Equal(
            ["/etc/a.json", "/etc/b.json", "https://tokens.example/keys"],
            settings.Join(ServeCommand.Create().Parse(["--data", _folder])).GetValue<string[]>("--trusted-jwks")!);
        using var issuer = Assert.IsType<KeyBroker.Admin.OidcIssuer>(
            Assert.Single(settings.Complete(new() { DataDirectory = _folder, Url = new Uri("https://localhost") }).AdminIssuers));
    }

    private FileInfo Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return new FileInfo(path);
    }

    private ServeSettings Read(string name, string text, params string[] arguments) =>
        KbsConfig.Read(Write(name, text), ServeCommand.Create().Parse(["--data", _folder, .. arguments]), development: false);
}
