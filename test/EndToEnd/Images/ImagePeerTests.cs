using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Guest.KeyProvider;
using Nacre.Images.Encryption;
using Nacre.Images.Policy;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;

namespace Nacre.EndToEndTests.Images;

/// <summary>skopeo of Debian 12, a newer one, cosign and umoci, against what we write and read.</summary>
[Trait("Group", "ImagesPeers")]
public sealed class ImagePeerTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    [Fact]
    public async Task Skopeo_reads_what_we_push()
    {
        await _scene.PushAsync();
        var target = Path.Combine(_scene.Directory, "by-skopeo");
        await ToolRun.RunAsync("skopeo", ["copy", "-q", "--src-tls-verify=false", _scene.Docker, $"oci:{target}:1"]);
        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"oci:{target}:1");
    }

    [Theory]
    [InlineData("oci")]
    [InlineData("v2s2")]
    public async Task We_read_what_skopeo_pushes(string format)
    {
        await ToolRun.RunAsync("skopeo", ["copy", "-q", "--format", format, "--dest-tls-verify=false", $"oci:{_scene.Layout}:plain", _scene.Docker]);
        var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything);
        Assert.Equal(2, result.Layers.Count);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task We_read_every_compression_of_a_newer_skopeo(string compression)
    {
        var skopeo = await NewerAsync("skopeo");
        var target = Path.Combine(_scene.Directory, "dir");
        await ToolRun.RunAsync(skopeo, ["copy", "-q", "--insecure-policy", "--dest-decompress", $"oci:{_scene.Layout}:plain", $"dir:{target}"]);
        // To a directory: for registries skopeo remembers blobs it has pushed before and takes those, whatever their compression.
        var packed = Path.Combine(_scene.Directory, "packed");
        await ToolRun.RunAsync(skopeo, ["copy", "-q", "--insecure-policy", "--dest-compress", "--dest-compress-format", compression, $"dir:{target}", $"dir:{packed}"]);
        await using var source = Nacre.Images.Transports.ImageLocation.Parse($"dir:{packed}").OpenSource(ImageScene.Options);
        var manifest = Nacre.Images.Oci.ImageManifest.Parse(await source.GetManifestAsync(null, CancellationToken.None), "test");
        Assert.All(manifest.Layers, layer => Assert.EndsWith(compression, layer.MediaType, StringComparison.Ordinal));

        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"dir:{packed}");
    }

    [Fact]
    public async Task A_newer_skopeo_encrypts_through_our_key_provider_and_decrypts_through_it()
    {
        var skopeo = await NewerAsync("skopeo");
        using var service = new KeyProviderService(_scene, _scene);
        await using var server = await GrpcServer.StartAsync(
            service.AddTo(new RpcTable()), RpcAddress.Parse("127.0.0.1:0"), null, CancellationToken.None);
        var config = await ProviderConfigAsync(server.Address);

        await ToolRun.RunAsync(skopeo,
            ["copy", "-q", "--insecure-policy", "--dest-tls-verify=false", "--encryption-key", "provider:attestation-agent:keyid=kbs:///default/key/1",
                $"oci:{_scene.Layout}:plain", _scene.Docker], config);
        Assert.Contains(_scene.Resources.Keys, uri => uri.ToString() == "kbs:///default/key/1");

        var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything);
        Assert.All(result.Layers, layer => Assert.True(layer.Encrypted));

        await ToolRun.RunAsync(skopeo,
            ["copy", "-q", "--insecure-policy", "--src-tls-verify=false", "--decryption-key", "provider:attestation-agent", _scene.Docker,
                $"oci:{Path.Combine(_scene.Directory, "plain")}:1"], config);
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ec")]
    public async Task Debians_skopeo_and_we_read_each_others_JWE(string kind)
    {
        var (key, priv, pub) = await WriteKeyAsync<AsymmetricAlgorithm>(
            kind == "rsa" ? RSA.Create(2048) : ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256), "key");
        using var owned = key;
        await ToolRun.RunAsync("skopeo", ["copy", "-q", "--dest-tls-verify=false", "--encryption-key", $"jwe:{pub}", $"oci:{_scene.Layout}:plain", _scene.Docker]);
        var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, options: new() { Unwrappers = [new JweUnwrapper(key)] });
        Assert.All(result.Layers, layer => Assert.True(layer.Encrypted));

        await ImageScene.CopyAsync($"oci:{_scene.Layout}:plain", _scene.Docker, new EncryptTransform([new JweRecipient(key)]));
        await ToolRun.RunAsync("skopeo", ["copy", "-q", "--src-tls-verify=false", "--decryption-key", priv, _scene.Docker, $"oci:{Path.Combine(_scene.Directory, "out")}:1"]);
    }

    [Fact]
    public async Task A_newer_skopeo_decrypts_what_we_encrypt()
    {
        var skopeo = await NewerAsync("skopeo");
        await _scene.PushEncryptedAsync();
        using var service = new KeyProviderService(_scene, _scene);
        await using var server = await GrpcServer.StartAsync(
            service.AddTo(new RpcTable()), RpcAddress.Parse("127.0.0.1:0"), null, CancellationToken.None);
        var target = Path.Combine(_scene.Directory, "plain");
        await ToolRun.RunAsync(skopeo,
            ["copy", "-q", "--insecure-policy", "--src-tls-verify=false", "--decryption-key", "provider:attestation-agent", _scene.Docker, $"oci:{target}:1"],
            await ProviderConfigAsync(server.Address));

        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"oci:{target}:1");
    }

    [Fact]
    public async Task We_read_layers_that_skopeo_compressed_while_it_encrypted_them()
    {
        var skopeo = await NewerAsync("skopeo");
        var (key, priv, pub) = await WriteKeyAsync(RSA.Create(2048), "rsa");
        using (key)
        {
            // As buildah has its images: the digest in the private options is then that of the uncompressed layer.
            var plain = Path.Combine(_scene.Directory, "dir");
            await ToolRun.RunAsync(skopeo, ["copy", "-q", "--insecure-policy", "--dest-decompress", $"oci:{_scene.Layout}:plain", $"dir:{plain}"]);
            await ToolRun.RunAsync(skopeo,
                ["copy", "-q", "--insecure-policy", "--dest-tls-verify=false", "--encryption-key", $"jwe:{pub}", $"dir:{plain}", _scene.Docker]);

            var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, options: new() { Unwrappers = [new JweUnwrapper(key)] });
            Assert.All(result.Layers, layer => Assert.True(layer.Encrypted));
            (await NacreProgram.RunAsync(
                ["image", "decrypt", _scene.Docker, $"oci:{Path.Combine(_scene.Directory, "open")}:1", "--jwe", priv, "--plain-http", "loopback"])).AssertDone();
        }
    }

    [Fact]
    public async Task Each_of_several_recipients_opens_the_chosen_layers()
    {
        var skopeo = await NewerAsync("skopeo");
        var (rsa, rsaPrivate, rsaPublic) = await WriteKeyAsync(RSA.Create(2048), "rsa");
        var (ec, ecPrivate, ecPublic) = await WriteKeyAsync(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256), "ec");
        using (rsa)
        using (ec)
        {
            (await NacreProgram.RunAsync(["image", "encrypt", $"oci:{_scene.Layout}:plain", _scene.Docker, "--jwe", rsaPublic, "--jwe", ecPublic,
                "--layer", "-1", "--plain-http", "loopback"])).AssertDone();
            foreach (var key in (string[])[rsaPrivate, ecPrivate])
            {
                var target = Path.Combine(_scene.Directory, Path.GetFileName(key) + ".open");
                await ToolRun.RunAsync(skopeo,
                    ["copy", "-q", "--insecure-policy", "--src-tls-verify=false", "--decryption-key", key, _scene.Docker, $"oci:{target}:1"]);
            }

            await ToolRun.RunAsync(skopeo, ["copy", "-q", "--insecure-policy", "--dest-tls-verify=false", "--encryption-key", $"jwe:{rsaPublic}",
                "--encryption-key", $"jwe:{ecPublic}", "--encrypt-layer", "-1", $"oci:{_scene.Layout}:plain", _scene.Docker]);
            foreach (var key in (AsymmetricAlgorithm[])[rsa, ec])
            {
                var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, options: new() { Unwrappers = [new JweUnwrapper(key)] });
                Assert.Equal([false, true], result.Layers.Select(layer => layer.Encrypted));
                Directory.Delete(_scene.Bundle, recursive: true);
            }
        }
    }

    [Fact]
    public async Task A_newer_skopeo_fails_when_the_key_cannot_be_kept()
    {
        var skopeo = await NewerAsync("skopeo");
        using var service = new KeyProviderService(registry: null, _scene);
        await using var server = await GrpcServer.StartAsync(
            service.AddTo(new RpcTable()), RpcAddress.Parse("127.0.0.1:0"), null, CancellationToken.None);
        var (code, _, error) = await ToolRun.TryAsync(skopeo,
            ["copy", "-q", "--insecure-policy", "--dest-tls-verify=false", "--encryption-key", "provider:attestation-agent:keyid=kbs:///default/key/1",
                $"oci:{_scene.Layout}:plain", _scene.Docker], await ProviderConfigAsync(server.Address));

        Assert.NotEqual(0, code);
        Assert.Contains("no key broker is configured", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cosign_verifies_our_signature()
    {
        var cosign = await NewerAsync("cosign");
        await _scene.PushAsync();
        await _scene.SignAsync();
        var key = Path.Combine(_scene.Directory, "cosign.pub");
        await File.WriteAllTextAsync(key, _scene.SigningKey.ExportSubjectPublicKeyInfoPem());
        var output = await ToolRun.RunAsync(cosign, ["verify", "--key", key, "--insecure-ignore-tlog", "--allow-http-registry", "--allow-insecure-registry", _scene.Name]);
        Assert.Contains("docker-manifest-digest", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task We_verify_a_signature_of_cosign()
    {
        var cosign = await NewerAsync("cosign");
        await _scene.PushAsync();
        (string, string)[] password = [("COSIGN_PASSWORD", "")];
        var prefix = Path.Combine(_scene.Directory, "cosign");
        await ToolRun.RunAsync(cosign, ["generate-key-pair", "--output-key-prefix", prefix], password);
        _scene.Put(ImageScene.PublicKeyId, await File.ReadAllBytesAsync(prefix + ".pub"));
        await using var image = _scene.OpenRegistry();
        var digest = (await image.GetManifestAsync(null, CancellationToken.None)).Digest;
        await ToolRun.RunAsync(cosign,
            ["sign", "-y", "--key", prefix + ".key", "--tlog-upload=false", "--allow-http-registry", "--allow-insecure-registry", $"{image.Image.Name}@{digest}"],
            password);

        // cosign signs the repository, so the policy says matchRepository, as for every image that cosign signs.
        var policy = ImagePolicy.Parse(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["default"] = new JsonArray(new JsonObject
            {
                ["type"] = "sigstoreSigned",
                ["keyPath"] = ImageScene.PublicKeyId.ToString(),
                ["signedIdentity"] = new JsonObject { ["type"] = "matchRepository" },
            }),
        }.ToJsonString()), "test");
        Assert.True((await _scene.PullAsync(policy)).Decision.Accepted);
    }

    [Fact]
    public async Task We_sign_with_cosigns_encrypted_key_and_cosign_verifies()
    {
        var cosign = await NewerAsync("cosign");
        await _scene.PushAsync();
        const string secret = "correct horse";
        var prefix = Path.Combine(_scene.Directory, "cosign");
        await ToolRun.RunAsync(cosign, ["generate-key-pair", "--output-key-prefix", prefix], ("COSIGN_PASSWORD", secret));

        string[] sign = ["image", "sign", _scene.Docker, "--key", prefix + ".key", "--plain-http", "loopback"];
        var refused = await NacreProgram.RunAsync(sign, new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "wrong" });
        refused.AssertFailed(3, "does not open with this password");
        var signed = await NacreProgram.RunAsync(sign, new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = secret });
        Assert.True(signed.ExitCode == 0, signed.Error);

        var output = await ToolRun.RunAsync(
            cosign, ["verify", "--key", prefix + ".pub", "--insecure-ignore-tlog", "--allow-http-registry", "--allow-insecure-registry", _scene.Name]);
        Assert.Contains("docker-manifest-digest", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Umoci_unpacks_to_the_same_tree()
    {
        var theirs = Path.Combine(_scene.Directory, "umoci");
        await ToolRun.RunAsync("umoci", ["unpack", "--image", $"{_scene.Layout}:plain", theirs]);
        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:plain");

        Assert.Equal(await TreeAsync(Path.Combine(theirs, "rootfs")), await TreeAsync(Path.Combine(_scene.Bundle, "rootfs")));
    }

    public void Dispose() => _scene.Dispose();

    private async Task<(T Key, string Private, string Public)> WriteKeyAsync<T>(T key, string name)
        where T : AsymmetricAlgorithm
    {
        var (priv, pub) = (Path.Combine(_scene.Directory, $"{name}.pem"), Path.Combine(_scene.Directory, $"{name}.pub"));
        await File.WriteAllTextAsync(priv, key is RSA rsa ? rsa.ExportRSAPrivateKeyPem() : key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(pub, key.ExportSubjectPublicKeyInfoPem());
        return (key, priv, pub);
    }

    private async Task<(string Name, string Value)> ProviderConfigAsync(RpcAddress address)
    {
        var path = Path.Combine(_scene.Directory, "keyprovider.json");
        var json = new JsonObject { ["key-providers"] = new JsonObject { ["attestation-agent"] = new JsonObject { ["grpc"] = address.ToString() } } };
        await File.WriteAllTextAsync(path, json.ToJsonString());
        return ("OCICRYPT_KEYPROVIDER_CONFIG", path);
    }

    // Type, mode, owner, links, size, time, target and name of everything.
    private static async Task<string> TreeAsync(string root)
    {
        var listing = await ToolRun.RunAsync("find", [root, "-mindepth", "1", "-printf", "%y %m %U:%G %n %s %T@ %l %P\n"]);
        return string.Join('\n', listing.Split('\n').Order(StringComparer.Ordinal));
    }

    private static async Task<string> NewerAsync(string program) =>
        (await ToolRun.RunAsync(Path.Combine(Root(), "tools", "peers", "newer-skopeo"), [program])).Trim();

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
