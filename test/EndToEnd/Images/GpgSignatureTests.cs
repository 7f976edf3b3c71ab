using System.Net;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.Signatures;

namespace Nacre.EndToEndTests.Images;

/// <summary>Simple signing with the real gpg and the real skopeo, both ways, through a lookaside store.</summary>
[Trait("Group", "ImagesGpg")]
public sealed class GpgSignatureTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    private string Store => Path.Combine(_scene.Directory, "signatures");

    private string StoreConfig => Path.Combine(_scene.Directory, "registries.d");

    private PullOptions Options => new() { Signatures = new() { Lookaside = LookasideStores.ReadDirectory(StoreConfig) } };

    [Theory]
    [InlineData("ed25519")]
    [InlineData("nistp256")]
    [InlineData("nistp384")]
    [InlineData("nistp521")]
    [InlineData("rsa3072")]
    public async Task We_verify_what_skopeo_signs(string kind)
    {
        await using var gpg = await SignBySkopeoAsync(kind);
        var decision = (await _scene.PullAsync(Policy(gpg.PublicKey), options: Options)).Decision;

        var result = Assert.Single(decision.Requirements);
        Assert.Equal("signedBy", result.Requirement);
        Assert.Contains(gpg.Fingerprint.ToLowerInvariant(), result.Found, StringComparison.Ordinal);
        Assert.Equal(_scene.Name, Assert.Single(result.Signatures).SignedName);
    }

    [Fact]
    public async Task We_refuse_another_key_another_name_and_a_store_without_signatures()
    {
        await using var gpg = await SignBySkopeoAsync("ed25519");
        await using var other = await GpgHome.CreateAsync("ed25519");
        var error = await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy(other.PublicKey), options: Options);
        Assert.Contains("is not in the ring", error.What, StringComparison.Ordinal);

        var identity = new JsonObject { ["type"] = "exactRepository", ["dockerRepository"] = "example.com/other" };
        error = await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy(gpg.PublicKey, identity), options: Options);
        Assert.Contains("where example.com/other is wanted", error.What, StringComparison.Ordinal);

        error = await _scene.RefusesAsync(ImageFault.SignatureMissing, Policy(gpg.PublicKey));
        Assert.Contains("no lookaside store", error.What, StringComparison.Ordinal);

        Directory.Delete(Store, recursive: true);
        await _scene.RefusesAsync(ImageFault.SignatureMissing, Policy(gpg.PublicKey), options: Options);
    }

    [Fact]
    public async Task A_signature_moved_to_another_image_is_refused_and_says_so()
    {
        await using var gpg = await SignBySkopeoAsync("ed25519");
        var signature = Directory.EnumerateFiles(Store, "signature-1", SearchOption.AllDirectories).Single();
        await ToolRun.RunAsync("skopeo", ["copy", "-q", "--dest-compress-format", "gzip", "--format", "v2s2", "--dest-tls-verify=false", $"oci:{_scene.Layout}:plain", _scene.Docker]);
        await using var image = _scene.OpenRegistry();
        var digest = (await image.GetManifestAsync(null, CancellationToken.None)).Digest;
        using var store = new LookasideStore(new Uri($"file://{Store}"));
        await store.AddAsync(image.Image, digest, await File.ReadAllBytesAsync(signature), CancellationToken.None);

        var error = await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy(gpg.PublicKey), options: Options);
        Assert.Contains("a signature of another image", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_signature_does_not_hide_a_good_one_and_alone_is_refused()
    {
        await using var gpg = await SignBySkopeoAsync("nistp256");
        var first = Directory.EnumerateFiles(Store, "signature-1", SearchOption.AllDirectories).Single();
        File.Copy(first, Path.Combine(Path.GetDirectoryName(first)!, "signature-2"));
        var damaged = await File.ReadAllBytesAsync(first);
        damaged[damaged.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(first, damaged);

        var result = Assert.Single((await _scene.PullAsync(Policy(gpg.PublicKey), options: Options)).Decision.Requirements);
        Assert.Equal(2, result.Signatures.Count);
        Directory.Delete(_scene.Bundle, recursive: true);

        File.Delete(Path.Combine(Path.GetDirectoryName(first)!, "signature-2"));
        await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy(gpg.PublicKey), options: Options);
    }

    [Fact]
    public async Task Stores_behind_an_address_are_read()
    {
        await using var gpg = await SignBySkopeoAsync("ed25519");
        using var server = new FileServer(Store);
        var signatures = new SignatureOptions { Lookaside = LookasideStores.Single("https://signatures.example.com/store"), Http = server };
        var result = Assert.Single((await _scene.PullAsync(Policy(gpg.PublicKey), options: new() { Signatures = signatures })).Decision.Requirements);
        Assert.StartsWith("https://signatures.example.com/store/", Assert.Single(result.Signatures).Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Skopeo_verifies_what_we_sign_and_our_table_says_what_was_checked()
    {
        await _scene.PushAsync();
        await using var gpg = await GpgHome.CreateAsync("rsa3072");
        await WriteStoreConfigAsync();
        var signed = await NacreProgram.RunAsync(
            ["image", "sign", _scene.Docker, "--gpg", gpg.Fingerprint, "--registries-d", StoreConfig, "--plain-http", "loopback"],
            new Dictionary<string, string?> { [gpg.Environment.Name] = gpg.Environment.Value });
        Assert.True(signed.ExitCode == 0, signed.Error);

        var policy = Path.Combine(_scene.Directory, "policy.json");
        await File.WriteAllTextAsync(policy, PolicyJson(gpg.PublicKey).ToJsonString());
        await ToolRun.RunAsync("skopeo",
            ["--policy", policy, "--registries.d", StoreConfig, "copy", "-q", "--src-tls-verify=false", _scene.Docker, $"dir:{Path.Combine(_scene.Directory, "out")}"]);

        string[] verify = ["image", "verify", _scene.Docker, "--policy", policy, "--registries-d", StoreConfig, "--plain-http", "loopback"];
        var table = await NacreProgram.RunAsync(verify);
        Assert.True(table.ExitCode == 0, table.Error);
        Assert.Contains("✓ signedBy", table.Output, StringComparison.Ordinal);
        Assert.Contains("Owner <owner@example.com>", table.Output, StringComparison.Ordinal);

        await using var other = await GpgHome.CreateAsync("ed25519");
        await File.WriteAllTextAsync(policy, PolicyJson(other.PublicKey).ToJsonString());
        var refused = await NacreProgram.RunAsync([.. verify, "--json"]);
        Assert.Equal(4, refused.ExitCode);
        var signature = JsonNode.Parse(refused.Output)!["requirements"]![0]!["signatures"]![0]!;
        Assert.False(signature["accepted"]!.GetValue<bool>());
        Assert.Contains("is not in the ring", signature["problem"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    public void Dispose() => _scene.Dispose();

    private async Task<GpgHome> SignBySkopeoAsync(string kind)
    {
        var gpg = await GpgHome.CreateAsync(kind);
        await WriteStoreConfigAsync();
        await ToolRun.RunAsync("skopeo",
            ["--registries.d", StoreConfig, "copy", "-q", "--sign-by", gpg.Fingerprint, "--dest-tls-verify=false", $"oci:{_scene.Layout}:plain", _scene.Docker],
            gpg.Environment);
        return gpg;
    }

    private async Task WriteStoreConfigAsync()
    {
        Directory.CreateDirectory(StoreConfig);
        await File.WriteAllTextAsync(Path.Combine(StoreConfig, "test.yaml"), $"docker:\n  127.0.0.1:{fixture.Registry.Port}:\n    lookaside: file://{Store}\n");
    }

    private static ImagePolicy Policy(string key, JsonObject? identity = null) =>
        ImagePolicy.Parse(System.Text.Encoding.UTF8.GetBytes(PolicyJson(key, identity).ToJsonString()), "test");

    private static JsonObject PolicyJson(string key, JsonObject? identity = null)
    {
        var requirement = new JsonObject { ["type"] = "signedBy", ["keyType"] = "GPGKeys", ["keyPath"] = key };
        if (identity is not null)
            requirement["signedIdentity"] = identity;
        return new() { ["default"] = new JsonArray(requirement) };
    }

    /// <summary>The files of a directory below /store.</summary>
    private sealed class FileServer(string directory) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var file = directory + Uri.UnescapeDataString(request.RequestUri!.AbsolutePath["/store".Length..]);
            return File.Exists(file)
                ? new(HttpStatusCode.OK) { Content = new ByteArrayContent(await File.ReadAllBytesAsync(file, cancellationToken)) }
                : new(HttpStatusCode.NotFound);
        }
    }
}
