using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// The three files of upstream's compose deployment (trust.md 7.1), with its keys made the same way, served by three processes of ours; and
/// what <c>--check-config</c> says of them.
/// </summary>
[Trait("Group", "TrustConfig")]
public sealed class ComposeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-compose-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Three_files_of_upstreams_make_a_deployment_that_releases_a_secret()
    {
        var tokens = await TokenFiles.CreateAsync(Path.Combine(_folder, "keys"));
        using var key = await OpenSslKey.CreateEd25519Async();
        await using var references = await ServeProcess.StartAsync(
            "rvps", "--config", Write("rvps.json", """{"storage":{"storage_type":"LocalFs"},"extractors":{"swid_extractor":{}}}"""),
            "--data", Path.Combine(_folder, "rvps"), "--grpc", "127.0.0.1:0");
        await using var service = await ServeProcess.StartAsync(
            "as", "--config", Write("as-config.json", AsConfig(tokens, references.FirstLine!["reference-values on ".Length..])),
            "--development", "--data", Path.Combine(_folder, "as"), "--grpc", "127.0.0.1:0");
        var config = Write("kbs-config.toml", KbsConfig(tokens, key, service.FirstLine!["attestation on ".Length..]));
        var data = Path.Combine(_folder, "kbs");
        await using var broker = await ServeProcess.StartAsync("--config", config, "--development", "--data", data, "--url", "https://127.0.0.1:0");

        // An admin of upstream's issuer, by the rule for its role; another role has no rule.
        using var admin = await AdminAsync(broker.Url, data, key, "admin");
        await admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("the secret"u8), Cancel);
        using var stranger = await AdminAsync(broker.Url, data, key, "auditor");
        Assert.Equal(
            KbsFailure.Denied,
            (await Assert.ThrowsAsync<KbsException>(() => stranger.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel))).Failure);

        await admin.AddReferenceValuesAsync(
            new JsonObject { ["launch_digest"] = new JsonArray("abcde"), ["svn"] = new JsonArray("1"), ["major_version"] = 1, ["minimum_minor_version"] = 4 },
            Cancel);
        using var guest = new KbsClient(
            Connect(broker.Url, data), new Guest.AttestationAgent.AttesterEvidenceSource(new Attesters.Sample.SampleAttester()), TimeProvider.System);
        using var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel);
        Assert.Equal("the secret", System.Text.Encoding.UTF8.GetString(secret.Reveal()));

        // The same file, checked on the store that now is.
        var check = await NacreProgram.RunAsync(
            ["serve", "--check-config", "--config", config, "--development", "--data", data, "--url", "https://127.0.0.1:0"]);
        check.AssertDone();
        Assert.Matches(@"(?m)^ok +http_server\.sockets +listens on 0\.0\.0\.0:8080", check.Output);
        Assert.Matches(@"(?m)^ok +store +opens with its master key and holds 1 secrets$", check.Output);
    }

    [Fact]
    public async Task The_certificate_of_the_file_is_shown_with_the_versions_of_its_profile()
    {
        var (now, data) = (TimeProvider.System.GetUtcNow(), Path.Combine(_folder, "data"));
        using var authority = OwnCertificateAuthority.Create("the operator's", now);
        using var certificate = OwnCertificateAuthority.IssueServer(authority, ["127.0.0.1"], now, TimeSpan.FromDays(1));
        using var key = certificate.GetECDsaPrivateKey()!;
        var config = Write("kbs-config.toml", $"""
            [http_server]
            sockets = ["127.0.0.1:0"]
            certificate = "{Write("https.crt", certificate.ExportCertificatePem())}"
            private_key = "{Write("https.key", key.ExportPkcs8PrivateKeyPem())}"
            tls_profile = "modern"
            [admin]
            authorization_mode = "DenyAll"
            """);
        await using var server = await ServeProcess.StartAsync("--config", config, "--data", data);

        Assert.Equal(SslProtocols.Tls13, await HandshakeAsync(SslProtocols.None));
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(SslProtocols.Tls12));

        async Task<SslProtocols> HandshakeAsync(SslProtocols versions)
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", server.Url.Port, Cancel);
            await using var tls = new SslStream(client.GetStream());
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(authority);
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", EnabledSslProtocols = versions, CertificateChainPolicy = policy }, Cancel);
            return tls.SslProtocol;
        }
    }

    [Fact]
    public async Task Check_config_tells_everything_that_is_wrong_and_makes_nothing()
    {
        var data = Path.Combine(_folder, "data");
        var config = Write("kbs-config.toml", """
            [http_server]
            sockets = ["0.0.0.0:8080"]
            insecure_http = true
            [attestation_service]
            tpye = "coco_as_grpc"
            [admin]
            authorization_mode = "InsecureAllowAll"
            """);

        var check = await NacreProgram.RunAsync(["serve", "--check-config", "--config", config, "--data", data]);
        Assert.Equal(2, check.ExitCode);
        foreach (var line in (string[])
            [
                "kbs-config.toml:3: http_server.insecure_http", "kbs-config.toml:5: attestation_service.tpye: is not known; is it type?",
                "kbs-config.toml:7: admin",
            ])
            Assert.Contains(line, check.Output, StringComparison.Ordinal);
        (await NacreProgram.RunAsync(["serve", "--config", config, "--data", data])).AssertFailed(1, "is it type?");

        var plain = await NacreProgram.RunAsync(["serve", "--check-config", "--data", data]);
        plain.AssertDone();
        Assert.Contains("is made in", plain.Output, StringComparison.Ordinal);
        var missing = await NacreProgram.RunAsync(["serve", "--check-config", "--data", data, "--tls-cert", "/none.pem", "--tls-key", "/none.key"]);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("/none.pem", missing.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task Values_that_were_not_taken_over_stop_the_start_until_they_are()
    {
        var (old, data) = (Path.Combine(_folder, "kbs-storage"), Path.Combine(_folder, "data"));
        Directory.CreateDirectory(Path.Combine(old, "repository"));
        await File.WriteAllTextAsync(Path.Combine(old, "repository", @"default\x2Fkey\x2F1"), "the secret", Cancel);
        var config = Write("kbs-config.toml", $"""
            [http_server]
            [admin]
            authorization_mode = "DenyAll"
            [storage_backend]
            storage_type = "LocalFs"
            [storage_backend.backends.local_fs]
            dir_path = "{old}"
            """);
        string[] serve = ["--config", config, "--data", data, "--url", "https://127.0.0.1:0"];

        (await NacreProgram.RunAsync(["serve", .. serve])).AssertFailed(1, "would not know");
        (await NacreProgram.RunAsync(["import", "--from", "local-fs", old, "--data", data])).AssertDone();
        await using var server = await ServeProcess.StartAsync(serve);

        Assert.NotNull(server.FirstLine);
        using var admin = ServeProcess.ConnectAdmin(server.Url, data);
        var refused = await Assert.ThrowsAsync<KbsException>(() => admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel));
        Assert.Equal(KbsFailure.Unauthenticated, refused.Failure);
    }

    private static string AsConfig(TokenFiles tokens, string references) => new JsonObject
    {
        ["storage_backend"] = new JsonObject
        {
            ["storage_type"] = "LocalFs",
            ["backends"] = new JsonObject { ["local_fs"] = new JsonObject { ["dir_path"] = "/var/lib/none" } },
        },
        ["attestation_token_broker"] = new JsonObject
        {
            ["duration_min"] = 5,
            ["signer"] = new JsonObject { ["key_path"] = tokens.Key, ["cert_path"] = tokens.Chain },
        },
        ["rvps_config"] = new JsonObject { ["type"] = "GrpcRemote", ["address"] = references },
        ["verifier_config"] = new JsonObject { ["nvidia_verifier"] = new JsonObject { ["type"] = "Local" } },
    }.ToJsonString();

    private static string KbsConfig(TokenFiles tokens, OpenSslKey key, string service) => $$"""
        [http_server]
        sockets = ["0.0.0.0:8080"]
        insecure_http = true

        [attestation_token]
        trusted_certs_paths = ["{{tokens.Authority}}"]
        insecure_header_jwk = false

        [attestation_service]
        type = "coco_as_grpc"
        as_addr = "{{service}}"
        pool_size = 100

        [admin]
        authorization_mode = "AuthenticatedAuthorization"

        [admin.authentication.bearer_jwt]
        identity_providers = [ {issuer = "TrusteeInDocker", audience = "KBS", public_key_uri = "{{key.PublicPem}}"} ]

        [admin.authorization.regex_acl]
        acls = [ {role = "admin", allowed_endpoints = "^/kbs/.+$"} ]

        [storage_backend]
        storage_type = "LocalFs"

        [storage_backend.backends.local_fs]
        dir_path = "/opt/confidential-containers/none"

        [[plugins]]
        name = "resource"
        storage_backend_type = "kvstorage"
        """;

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static KbsTransport Connect(Uri url, string data)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(KeyBroker.TrustServer.CaPath(data));
        return KbsTransport.Create(url, roots);
    }

    private static async Task<KbsAdminClient> AdminAsync(Uri url, string data, OpenSslKey key, string role) => new(
        Connect(url, data),
        await key.SignAsync(new()
        {
            ["iss"] = "TrusteeInDocker",
            ["sub"] = "admin",
            ["aud"] = new JsonArray("KBS"),
            ["role"] = role,
            ["exp"] = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
        }));
}
