using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// Upstream's own end-to-end run (trust.md 8.1): its two configurations, keys and certificates made by OpenSSL as there, and the verbs of its
/// client. One server verifies and releases; another only believes the first one's tokens (passport).
/// </summary>
[Trait("Group", "TrustConfig")]
public sealed class UpstreamRunTests : IDisposable
{
    private const string Policy = """
        package policy

        default allow = false

        allow if {
        	data.plugin == "resource"
        	data["resource-path"][0] == "one"
        	data["resource-path"][2] == "three"
        	input["submods"]["cpu0"]["ear.veraison.annotated-evidence"]["sample"]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-upstream-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_secret_is_released_after_attesting_and_for_a_passport()
    {
        var tokens = await TokenFiles.CreateAsync(Path.Combine(_folder, "keys"));
        using var admin = await OpenSslKey.CreateEd25519Async();
        var (certificate, key) = (Path.Combine(_folder, "https.crt"), Path.Combine(_folder, "https.key"));
        await ToolProcess.RunAsync(
            "openssl",
            [
                "req", "-x509", "-out", certificate, "-keyout", key, "-newkey", "rsa:2048", "-nodes", "-sha256", "-subj", "/CN=kbs.coco",
                "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE",
            ]);
        await using var verifier = await ServeAsync("kbs", $"""
            private_key = "{key}"
            certificate = "{certificate}"
            insecure_http = false
            [attestation_service]
            type = "coco_as_builtin"
            [attestation_service.attestation_token_broker]
            duration_min = 5
            [attestation_service.attestation_token_broker.signer]
            key_path = "{tokens.Key}"
            cert_path = "{tokens.Chain}"
            [attestation_service.rvps_config]
            type = "BuiltIn"
            [attestation_service.verifier_config.tpm_verifier]
            trusted_ak_keys_dir = "./none"
            """, tokens, admin);
        await using var resources = await ServeAsync("resource-kbs", "insecure_http = true", tokens, admin);
        var secret = Write("secret", Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
        string[] config =
        [
            "config", "--admin-token-file", Write("admin-token", await admin.SignAsync(new()
            {
                ["iss"] = "issuer",
                ["role"] = "admin",
                ["aud"] = new JsonArray("kbs"),
                ["exp"] = TimeProvider.System.GetUtcNow().AddYears(10).ToUnixTimeSeconds(),
            }) + "\n"),
        ];
        using var tee = RSA.Create(2048);
        var teeKey = Write("tee.key", tee.ExportRSAPrivateKeyPem());
        string[] first = ["kbs-client", "--url", $"{verifier.Url}", "--cert-file", certificate];
        string[] second = ["kbs-client", "--url", $"{resources.Url}"];
        foreach (var server in (string[][])[first, second])
        {
            await DoneAsync([.. server, .. config, "set-resource", "--path", "one/two/three", "--resource-file", secret]);
            await DoneAsync([.. server, .. config, "set-resource-policy", "--policy-file", Write("policy.rego", Policy)]);
        }

        var expected = Convert.ToBase64String(await File.ReadAllBytesAsync(secret, Cancel));
        Assert.Equal(expected, await DoneAsync([.. first, "get-resource", "--path", "one/two/three"]));
        var token = Write("token", await DoneAsync([.. first, "attest", "--tee-key-file", teeKey]) + "\n");
        string[] passport = ["get-resource", "--attestation-token", token, "--tee-key-file", teeKey, "--path"];
        Assert.Equal(expected, await DoneAsync([.. second, .. passport, "one/two/three"]));
        (await NacreProgram.RunAsync([.. second, .. passport, "one/two/four"])).AssertFailed(3, "Access denied by policy");
    }

    private Task<ServeProcess> ServeAsync(string name, string settings, TokenFiles tokens, OpenSslKey admin) => ServeProcess.StartAsync(
        "--development", "--data", Path.Combine(_folder, name), "--config", Write($"{name}.toml", $$"""
            [http_server]
            sockets = ["127.0.0.1:0"]
            {{settings}}
            [attestation_token]
            trusted_certs_paths = ["{{tokens.Authority}}"]
            [storage_backend]
            storage_type = "LocalFs"
            [storage_backend.backends.local_fs]
            dir_path = "{{_folder}}/none"
            [admin]
            authorization_mode = "AuthenticatedAuthorization"
            [admin.authentication.bearer_jwt]
            identity_providers = [
                { issuer = "issuer", audience = "kbs", public_key_uri = "{{admin.PublicPem}}" },
            ]
            [admin.authorization.regex_acl]
            acls = [{ role = "admin", allowed_endpoints = "^/kbs/.+$" }]
            [[plugins]]
            name = "resource"
            storage_backend_type = "kvstorage"
            """));

    private static async Task<string> DoneAsync(string[] arguments)
    {
        var result = await NacreProgram.RunAsync(arguments);
        result.AssertDone();
        return result.Output.TrimEnd();
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
