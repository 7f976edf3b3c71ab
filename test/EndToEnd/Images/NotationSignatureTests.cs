using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Policy.Notation;
using Nacre.Images.Pull;
using Nacre.UnitTests.Images.Notation;

namespace Nacre.EndToEndTests.Images;

/// <summary>Notary Project signatures by an authority of our own, attached to an image in a real registry, judged by a trust policy and by the program.</summary>
[Trait("Group", "ImagesNotation")]
public sealed class NotationSignatureTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private const string ArtifactType = "application/vnd.cncf.notary.signature";
    private const string Jws = "application/jose+json";
    private const string Cose = "application/cose";
    private const string Builder = "x509.subject: C=US, ST=WA, O=acme.example, OU=Build";
    private readonly ImageScene _scene = new(fixture.Registry);
    private readonly NotationAuthority _authority = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string Repository => _scene.Name[.._scene.Name.LastIndexOf(':')];

    private string TrustStore => Path.Combine(_scene.Directory, "truststore");

    [Theory]
    [InlineData(Jws)]
    [InlineData(Cose)]
    public async Task A_good_signature_is_accepted_and_explained(string type)
    {
        await SignAsync(type);
        var result = Assert.Single((await PullAsync()).Decision.Requirements);
        Assert.Equal("notation 'builds' (strict)", result.Requirement);
        Assert.Contains("C=US, ST=WA, L=Seattle, O=acme.example, OU=Build, CN=SecureBuilder", result.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_manifest_that_names_its_type_in_the_configuration_is_read()
    {
        await SignAsync(Jws, change: manifest =>
        {
            manifest.Remove("artifactType");
            manifest["config"]!["mediaType"] = ArtifactType;
        });
        Assert.True((await PullAsync()).Decision.Accepted);
    }

    [Fact]
    public async Task Both_policies_must_accept()
    {
        await _scene.PushAsync();
        await _scene.SignAsync();
        await RefusesAsync(ImageFault.SignatureMissing, "no signature", policy: ImageScene.RequireSignature());

        await SignAsync(Jws, push: false);
        Assert.Equal(2, (await PullAsync(policy: ImageScene.RequireSignature())).Decision.Requirements.Count);
        await RefusesAsync(ImageFault.PolicyRejected, "reject", policy: ImagePolicy.Parse("""{"default":[{"type":"reject"}]}"""u8, "test"));
    }

    [Fact]
    public async Task Signatures_that_are_not_good_are_refused_and_do_not_spoil_a_good_one()
    {
        using var stranger = new NotationAuthority();
        using var other = _authority.IssueSigner(_key, "CN=Other, OU=Other, O=acme.example, ST=WA, C=US");
        using var strange = stranger.IssueSigner(_key);
        await _scene.PushAsync();
        var steps = new (Func<Task> Sign, string Reason)[]
        {
            (() => SignAsync(Jws, push: false, signer: other), "OU=Other, CN=Other, wanted is " + Builder),
            (() => SignAsync(Jws, push: false, size: 1), "the image is application/vnd.oci.image.manifest.v1+json of"),
            (() => SignAsync(Cose, push: false, digest: "sha256:" + new string('a', 64)), "a signature of another image, sha256:aaaa"),
            (() => SignAsync(Cose, push: false, expiry: NotationAuthority.SignedAt.AddHours(1)), "the signature expired at 2025-07-01 01:00:00Z"),
            (() => SignAsync(Jws, push: false, signer: strange, by: stranger), "is in none of the trust stores acme"),
            (() => SignAsync(Jws, push: false, change: manifest => manifest["layers"]!.AsArray().Add(manifest["layers"]![0]!.DeepClone())), "it has 2 layers, must have one"),
            (() => SignAsync(Jws, push: false, change: manifest => manifest["subject"]!["digest"] = "sha256:" + new string('b', 64)), "it is a signature of sha256:bbbb"),
        };
        foreach (var (sign, reason) in steps)
        {
            await sign();
            await RefusesAsync(ImageFault.SignatureInvalid, reason);
        }

        await SignAsync(Cose, push: false);
        var result = Assert.Single((await PullAsync()).Decision.Requirements);
        Assert.Equal(steps.Length + 1, result.Signatures.Count);
        Assert.Single(result.Signatures, signature => signature.Problem is null);
    }

    [Fact]
    public async Task A_certificate_that_is_over_needs_a_time_stamp_unless_the_policy_only_reports_it()
    {
        await SignAsync(Jws);
        await RefusesAsync(ImageFault.SignatureInvalid, "names no trust store of kind 'tsa'", at: NotationAuthority.Start.AddYears(3));
        var result = Assert.Single((await PullAsync(level: "permissive", at: NotationAuthority.Start.AddYears(3))).Decision.Requirements);
        Assert.Contains("SecureBuilder is valid from", Assert.Single(Assert.Single(result.Signatures).Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_could_be_revoked_is_refused_where_revocation_is_enforced()
    {
        using var signer = _authority.IssueSigner(_key, further: CertificateRevocationListBuilder.BuildCrlDistributionPointExtension(["http://crl.example/1"]));
        await SignAsync(Jws, signer: signer);
        await RefusesAsync(ImageFault.SignatureInvalid, "SecureBuilder can be revoked");
        Assert.True((await PullAsync(level: "strict\",\"override\":{\"revocation\":\"skip\"},\"verifyTimestamp\":\"always")).Decision.Accepted);
    }

    [Fact]
    public async Task A_repository_without_a_policy_is_refused_and_one_that_is_skipped_is_not_checked()
    {
        await _scene.PushAsync();
        await RefusesAsync(ImageFault.PolicyRejected, "none whose registryScopes name it", scope: "registry.example/other");
        var rule = new JsonObject
        {
            ["name"] = "open",
            ["registryScopes"] = new JsonArray(Repository),
            ["signatureVerification"] = new JsonObject { ["level"] = "skip" },
        };
        var skipped = await PullAsync(Trust(rule.ToJsonString()));
        Assert.Equal("nothing: the policy skips these images", Assert.Single(skipped.Decision.Requirements).Expected);
    }

    [Fact]
    public async Task The_program_verifies_and_says_what_it_checked()
    {
        await _scene.PushAsync();
        var policy = Path.Combine(_scene.Directory, "trustpolicy.json");
        await File.WriteAllTextAsync(policy, Document(Rule("strict\",\"override\":{\"authenticTimestamp\":\"log\"},\"verifyTimestamp\":\"always", Repository)));
        _authority.WriteTrustStore(TrustStore);
        string[] verify = ["image", "verify", _scene.Docker, "--notation-policy", policy, "--notation-trust-store", TrustStore, "--plain-http", "loopback"];
        var unsigned = await NacreProgram.RunAsync(verify, new Dictionary<string, string?>());
        Assert.Equal(4, unsigned.ExitCode);

        await SignAsync(Jws, push: false);
        var signed = await NacreProgram.RunAsync(verify, new Dictionary<string, string?>());
        Assert.True(signed.ExitCode == 0, signed.Output + signed.Error);
        Assert.Contains("✓ notation 'builds' (strict, overridden)", signed.Output, StringComparison.Ordinal);
        Assert.Contains("CN=SecureBuilder", signed.Output, StringComparison.Ordinal);
        Assert.Contains("not enforced by the policy: SecureBuilder is valid from", signed.Output, StringComparison.Ordinal);

        var alone = await NacreProgram.RunAsync([.. verify[..5], "--plain-http", "loopback"], new Dictionary<string, string?>());
        alone.AssertFailed(1, "belong together");
    }

    [Fact]
    public async Task A_guests_configuration_decides_about_a_pull()
    {
        await SignAsync(Jws);
        var (policy, config) = (Path.Combine(_scene.Directory, "trustpolicy.json"), Path.Combine(_scene.Directory, "cdh.toml"));
        await File.WriteAllTextAsync(policy, Document(Rule("strict\",\"override\":{\"authenticTimestamp\":\"log\"},\"verifyTimestamp\":\"always", Repository)));
        _authority.WriteTrustStore(TrustStore);
        var rest = $"""
            notation_trust_policy_uri = "{policy}"
            notation_trust_store = "{TrustStore}"
            [[image.registry_config.registry]]
            location = "{fixture.Registry.Host}"
            insecure = true
            """;
        await File.WriteAllTextAsync(config, "[image]\n" + rest);
        string[] pull = ["image", "pull", _scene.Docker, _scene.Bundle, "--config", config];
        (await NacreProgram.RunAsync([.. pull, "--insecure-accept-anything"])).AssertFailed(1, "the policy is that of --config");
        Assert.Equal(0, (await NacreProgram.RunAsync(pull)).ExitCode);

        await File.WriteAllTextAsync(config, "[image]\nimage_security_policy = '{\"default\":[{\"type\":\"reject\"}]}'\n" + rest);
        Directory.Delete(_scene.Bundle, recursive: true);
        (await NacreProgram.RunAsync(pull)).AssertFailed(3, "the image policy refuses it: reject");
        Assert.False(Directory.Exists(_scene.Bundle));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
        _scene.Dispose();
    }

    private async Task SignAsync(
        string type, bool push = true, X509Certificate2? signer = null, NotationAuthority? by = null, string? digest = null, long? size = null,
        DateTimeOffset? expiry = null, Action<JsonObject>? change = null)
    {
        if (push)
            await _scene.PushAsync();
        await using var image = _scene.OpenRegistry();
        var manifest = await image.GetManifestAsync(null, CancellationToken.None);
        var payload = NotationAuthority.Payload(manifest.MediaType, digest ?? manifest.Digest.ToString(), size ?? manifest.Bytes.Length);
        using var usual = _authority.IssueSigner(_key);
        var envelope = type == Jws
            ? (by ?? _authority).Jws(payload, _key, signer ?? usual, NotationAuthority.JwsHeader(expiry: expiry))
            : (by ?? _authority).Cose(payload, _key, signer ?? usual, expiry: expiry);
        await AttachedArtifact.AttachAsync(image, ArtifactType, type, envelope, change);
    }

    private Task<PullResult> PullAsync(NotationTrust trust, ImagePolicy? policy = null, DateTimeOffset? at = null)
    {
        if (Directory.Exists(_scene.Bundle))
            Directory.Delete(_scene.Bundle, recursive: true);
        return _scene.PullAsync(policy ?? ImagePolicy.OnlyNotation, options: Options(trust, at));
    }

    private Task<PullResult> PullAsync(string level = "strict", ImagePolicy? policy = null, DateTimeOffset? at = null) => PullAsync(Trust(Rule(level, Repository)), policy, at);

    private async Task RefusesAsync(ImageFault fault, string reason, ImagePolicy? policy = null, string? scope = null, DateTimeOffset? at = null)
    {
        if (Directory.Exists(_scene.Bundle))
            Directory.Delete(_scene.Bundle, recursive: true);
        var error = await _scene.RefusesAsync(fault, policy ?? ImagePolicy.OnlyNotation, options: Options(Trust(Rule("strict", scope ?? Repository)), at));
        Assert.Contains(reason, error.What, StringComparison.Ordinal);
    }

    private static PullOptions Options(NotationTrust trust, DateTimeOffset? at) => new()
    {
        Signatures = new() { Notation = trust, Clock = new StillClock(at ?? NotationAuthority.SignedAt.AddMonths(1)) },
    };

    private NotationTrust Trust(string rule)
    {
        _authority.WriteTrustStore(TrustStore);
        return new(NotationTrustPolicy.Parse(Encoding.UTF8.GetBytes(Document(rule)), "trustpolicy.json"), TrustStore);
    }

    private static string Document(string rule) => "{\"version\":\"1.0\",\"trustPolicies\":[" + rule + "]}";

    private static string Rule(string level, string scope) => $$"""
        {"name":"builds","registryScopes":["{{scope}}"],"signatureVerification":{"level":"{{level}}"},"trustStores":["ca:acme"],"trustedIdentities":["{{Builder}}"]}
        """;

    private sealed class StillClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
