using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.References;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;

namespace Nacre.UnitTests.Images;

[Trait("Group", "Images")]
public sealed class ImagePolicyTests
{
    [Theory]
    [InlineData("""{"default":[]}""")]
    [InlineData("""{"transports":{}}""")]
    [InlineData("""{"default":[{"type":"insecureAcceptAnything"}],"extra":1}""")]
    [InlineData("""{"default":[{"type":"insecureAcceptAnything","extra":1}]}""")]
    [InlineData("""{"default":[{"type":"acceptAnything"}]}""")]
    [InlineData("""{"default":[{}]}""")]
    [InlineData("""{"default":{"type":"reject"}}""")]
    [InlineData("""{"default":[{"type":"reject"}],"default":[{"type":"insecureAcceptAnything"}]}""")]
    [InlineData("""{"default":[{"type":"reject"}],"transports":{"docker":{"example.com":[]}}}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyPath":"a","keyData":"b"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyPaths":[]}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyPath":"a","signedIdentity":{"type":"matchNothing"}}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyPath":"a","signedIdentity":{"type":"exactReference"}}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyPath":"a","signedIdentity":{"type":"matchExact","prefix":"x"}}]}""")]
    [InlineData("""{"default":[{"type":"signedBy","keyPath":"a"}]}""")]
    [InlineData("""{"default":[{"type":"signedBy","keyType":"X509Certificates","keyPath":"a"}]}""")]
    [InlineData("""{"default":[{"type":"signedBy","keyType":"GPGKeys"}]}""")]
    [InlineData("""{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"a","keyPaths":["b"]}]}""")]
    [InlineData("""{"default":[{"type":"signedBaseLayer","baseLayerIdentity":{"type":"matchExact"}}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","fulcio":{"caPath":"a","oidcIssuer":"i","subjectEmail":"e"}}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","fulcio":{"caPath":"a","oidcIssuer":"i"},"rekorPublicKeyPath":"r"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","fulcio":{"caPath":"a","subjectEmail":"e"},"rekorPublicKeyPath":"r"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","fulcio":{"oidcIssuer":"i","subjectEmail":"e"},"rekorPublicKeyPath":"r"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","fulcio":{"caPath":"a","oidcIssuer":"i","subjectEmail":""},"rekorPublicKeyPath":"r"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyPath":"k","fulcio":{"caPath":"a","oidcIssuer":"i","subjectEmail":"e"},"rekorPublicKeyPath":"r"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","pki":{"caRootsPath":"a"}}]}""")]
    [InlineData("not json")]
    public void Refuses_a_policy_that_is_not_understood(string json) => Assert.Equal(
        ImageFault.PolicyInvalid, Assert.Throws<ImageException>(() => ImagePolicy.Parse(Encoding.UTF8.GetBytes(json), "test")).Fault);

    [Theory]
    [InlineData("docker://example.com/a/b:1", "transports.docker.\"example.com/a/b:1\"")]
    [InlineData("docker://example.com/a/b:2", "transports.docker.\"example.com/a/b\"")]
    [InlineData("docker://example.com/a/c", "transports.docker.\"example.com/a\"")]
    [InlineData("docker://example.com/x", "transports.docker.\"example.com\"")]
    [InlineData("docker://sub.example.com/x", "transports.docker.\"*.example.com\"")]
    [InlineData("docker://deep.sub.example.com:5000/x", "transports.docker.\"*.example.com\"")]
    [InlineData("docker://evilexample.com/x", "transports.docker.\"\"")]
    [InlineData("docker://example.com.evil.net/x", "transports.docker.\"\"")]
    [InlineData("docker://other.net/example.com/a/b:1", "transports.docker.\"\"")]
    [InlineData("oci:/images/one", "transports.oci.\"/images\"")]
    [InlineData("oci:/imagesother/one", "default")]
    [InlineData("oci:/images/../secret", "default")]
    public void Finds_the_narrowest_scope_by_whole_components(string location, string scope)
    {
        static JsonArray Reject() => new(new JsonObject { ["type"] = "reject" });
        string[] scopes = ["example.com/a/b:1", "example.com/a/b", "example.com/a", "example.com", "*.example.com", ""];
        var json = new JsonObject
        {
            ["default"] = Reject(),
            ["transports"] = new JsonObject
            {
                ["docker"] = new JsonObject(scopes.Select(name => KeyValuePair.Create(name, (JsonNode?)Reject()))),
                ["oci"] = new JsonObject { ["/images"] = Reject() },
            },
        }.ToJsonString();

        Assert.Equal(scope, ImagePolicy.Parse(Encoding.UTF8.GetBytes(json), "test").Find(ImageLocation.Parse(location)).Scope);
    }

    private const string Hash = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("matchExact", "example.com/a:1", "example.com/a:1", true)]
    [InlineData("matchExact", "example.com/a:1", "example.com/a:2", false)]
    [InlineData("matchExact", "example.com/a:latest", "example.com/a", false)]
    [InlineData("matchRepoDigestOrExact", "example.com/a:1", "example.com/a:1", true)]
    [InlineData("matchRepoDigestOrExact", "example.com/a:1", "example.com/a", false)]
    [InlineData("matchRepoDigestOrExact", "example.com/a:1", "example.com/b:1", false)]
    [InlineData("matchRepoDigestOrExact", "example.com/a@" + Hash, "example.com/a:7", true)]
    [InlineData("matchRepoDigestOrExact", "example.com/a@" + Hash, "example.com/b:7", false)]
    [InlineData("matchRepository", "example.com/a:1", "example.com/a:2", true)]
    [InlineData("matchRepository", "example.com/a:1", "example.com/ab:1", false)]
    [InlineData("matchRepository", "busybox", "docker.io/library/busybox", true)]
    [InlineData("exactReference", "example.com/a:1", "example.com/signed:9", true)]
    [InlineData("exactReference", "example.com/a:1", "example.com/signed:8", false)]
    [InlineData("exactRepository", "example.com/a:1", "example.com/signed:8", true)]
    [InlineData("exactRepository", "example.com/a:1", "example.com/signed2:8", false)]
    [InlineData("remapIdentity", "mirror.net/x/a:1", "example.com/x/a:1", true)]
    [InlineData("remapIdentity", "mirror.network/x/a:1", "example.com/x/a:1", false)]
    [InlineData("remapIdentity", "mirror.net/x/a:1", "mirror.net/x/a:1", false)]
    [InlineData("matchRepository", "example.com/a:1", "not a name at all", false)]
    [InlineData("matchRepository", "example.com/a:1", null, false)]
    [InlineData("matchDigest", "example.com/a:1", null, true)]
    public void Matches_identities(string rule, string image, string? signed, bool good)
    {
        SignedIdentity identity = rule switch
        {
            "matchExact" => new SignedIdentity.MatchExact(),
            "matchRepoDigestOrExact" => new SignedIdentity.MatchRepoDigestOrExact(),
            "matchRepository" => new SignedIdentity.MatchRepository(),
            "matchDigest" => new SignedIdentity.MatchDigest(),
            "exactReference" => new SignedIdentity.ExactReference("example.com/signed:9"),
            "exactRepository" => new SignedIdentity.ExactRepository("example.com/signed"),
            _ => new SignedIdentity.RemapIdentity("mirror.net", "example.com"),
        };
        Assert.Equal(good, identity.Mismatch(ImageReference.Parse(image), signed) is null);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(384)]
    [InlineData(521)]
    public void Verifies_signatures_of_every_curve_and_nothing_else(int bits)
    {
        using var key = ECDsa.Create(bits switch { 256 => ECCurve.NamedCurves.nistP256, 384 => ECCurve.NamedCurves.nistP384, _ => ECCurve.NamedCurves.nistP521 });
        var hash = bits switch { 256 => HashAlgorithmName.SHA256, 384 => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        var signature = key.SignData("message"u8, hash, DSASignatureFormat.Rfc3279DerSequence);
        var verifier = SignatureKey.Parse(Encoding.UTF8.GetBytes(key.ExportSubjectPublicKeyInfoPem()), "test");

        Assert.True(verifier.Verifies("message"u8, signature));
        Assert.False(verifier.Verifies("massage"u8, signature));
        Assert.False(verifier.Verifies("message"u8, []));
        Assert.False(verifier.Verifies("message"u8, new byte[70]));
    }

    [Fact]
    public void Refuses_keys_that_are_private_weak_or_nonsense()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var weak = RSA.Create(1024);
        foreach (var pem in (ReadOnlySpan<string>)[ec.ExportPkcs8PrivateKeyPem(), weak.ExportSubjectPublicKeyInfoPem(), "nonsense", ""])
        {
            var text = pem;
            Assert.Equal(ImageFault.PolicyInvalid, Assert.Throws<ImageException>(() => SignatureKey.Parse(Encoding.UTF8.GetBytes(text), "test")).Fault);
        }
    }

    [Theory]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"sha256:12"},"type":"cosign container image signature"}}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"type":"something else"}}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"type":"cosign container image signature","more":1}}""")]
    [InlineData("""{}""")]
    public void Refuses_payloads_that_say_something_else(string json) =>
        Assert.Equal(ImageFault.Malformed, Assert.Throws<ImageException>(() => SimpleSigningPayload.Parse(
            Encoding.UTF8.GetBytes(json), SimpleSigningPayload.CosignType, "test")).Fault);
}
