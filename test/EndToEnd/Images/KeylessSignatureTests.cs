using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;

namespace Nacre.EndToEndTests.Images;

/// <summary>Signatures by certificates of an authority of our own, in a real registry: in cosign's place, and as bundles that refer to the image.</summary>
[Trait("Group", "ImagesKeyless")]
public sealed class KeylessSignatureTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private const string Email = "owner@example.com";
    private const string BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private readonly ImageScene _scene = new(fixture.Registry);
    private readonly SigstoreAuthority _authority = new();

    [Fact]
    public async Task A_signature_in_cosigns_place_is_accepted_long_after_its_certificate()
    {
        await SignAsync();
        var result = Assert.Single((await _scene.PullAsync(Policy())).Decision.Requirements);
        Assert.Contains($"{Email} of {SigstoreAuthority.Issuer}", result.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_that_refers_to_the_image_is_accepted_where_the_policy_asks_for_no_name()
    {
        await AttachBundleAsync("https://sigstore.dev/cosign/sign/v1");
        var error = await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy());
        Assert.Contains("matchDigest", error.What, StringComparison.Ordinal);

        Assert.True((await _scene.PullAsync(Policy(identity: "matchDigest"))).Decision.Accepted);
    }

    [Fact]
    public async Task An_attestation_is_no_signature()
    {
        await AttachBundleAsync("https://slsa.dev/provenance/v1");
        var error = await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy(identity: "matchDigest"));
        Assert.Contains("which is no signature of an image", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_signer_another_issuer_and_a_time_outside_the_certificate_are_refused()
    {
        await SignAsync(email: "owner@example.com.evil.net");
        Assert.Contains("is wanted", (await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy())).What, StringComparison.Ordinal);

        await SignAsync(issuer: "https://accounts.example.net");
        Assert.Contains("vouched for by https://accounts.example.net", (await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy())).What, StringComparison.Ordinal);

        await SignAsync(at: SigstoreAuthority.SignedAt.AddHours(1));
        Assert.Contains("not at 2025-06-01 13:05", (await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy())).What, StringComparison.Ordinal);

        // What is refused beside a good one does not spoil it.
        await SignAsync();
        var result = Assert.Single((await _scene.PullAsync(Policy())).Decision.Requirements);
        Assert.Equal(4, result.Signatures.Count);
    }

    [Fact]
    public async Task Another_authority_and_another_log_are_refused()
    {
        await SignAsync();
        using var other = new SigstoreAuthority();
        Assert.Contains("not by a trusted authority", (await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy(root: other.RootPem))).What, StringComparison.Ordinal);
        Assert.Contains("not a log that the policy names", (await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy(log: other.LogKeyPem))).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_about_another_signature_is_refused()
    {
        await SignAsync(logged: [1, 2, 3]);
        Assert.Contains("about another signature", (await _scene.RefusesAsync(ImageFault.SignatureInvalid, Policy())).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_of_ones_own_authority_are_judged_by_todays_time()
    {
        await SignAsync();
        var error = await _scene.RefusesAsync(ImageFault.SignatureInvalid, Parse(new JsonObject
        {
            ["type"] = "sigstoreSigned",
            ["pki"] = new JsonObject { ["caRootsData"] = Data(_authority.RootPem), ["subjectEmail"] = Email },
        }));
        Assert.Contains("is valid from 2025-06-01 12:00", error.What, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _scene.Dispose();
    }

    private async Task SignAsync(string email = Email, string issuer = SigstoreAuthority.Issuer, DateTimeOffset? at = null, byte[]? logged = null)
    {
        await _scene.PushAsync();
        await using var image = _scene.OpenRegistry();
        var digest = (await image.GetManifestAsync(null, CancellationToken.None)).Digest;
        var payload = new SimpleSigningPayload(digest, _scene.Name).ToJson();
        var (certificate, signature) = _authority.Sign(payload, email, issuer);
        using (certificate)
        {
            await using var place = image.WithTag(CosignSignatures.TagFor(digest));
            var layers = await LayersAsync(place);
            layers.Add(await PutAsync(place, MediaTypes.SimpleSigning, payload, new JsonObject
            {
                [CosignSignatures.Annotation] = Convert.ToBase64String(signature),
                ["dev.sigstore.cosign/certificate"] = certificate.ExportCertificatePem(),
                ["dev.sigstore.cosign/chain"] = _authority.RootPem,
                ["dev.sigstore.cosign/bundle"] = _authority.Log(SigstoreAuthority.HashedRekord(logged ?? payload, signature, certificate), at).ToAnnotation(),
            }));
            await PutManifestAsync(place, new() { ["layers"] = layers }, own: true);
        }
    }

    // First nothing refers to the image; then a bundle does, by the tag that stands for the API in older registries.
    private async Task AttachBundleAsync(string predicateType)
    {
        await _scene.PushAsync();
        await _scene.RefusesAsync(ImageFault.SignatureMissing, Policy());
        await using var image = _scene.OpenRegistry();
        var subject = await image.GetManifestAsync(null, CancellationToken.None);
        var bundle = Bundle(subject.Digest, predicateType);
        await AttachedArtifact.AttachAsync(image, BundleType, BundleType, Encoding.UTF8.GetBytes(bundle.ToJsonString()));
    }

    private JsonObject Bundle(Digest subject, string predicateType)
    {
        const string type = "application/vnd.in-toto+json";
        var payload = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["_type"] = "https://in-toto.io/Statement/v1",
            ["subject"] = new JsonArray(new JsonObject { ["digest"] = new JsonObject { ["sha256"] = subject.Hex } }),
            ["predicateType"] = predicateType,
            ["predicate"] = new JsonObject(),
        }.ToJsonString());
        var (certificate, signature) = _authority.Sign([.. Encoding.ASCII.GetBytes($"DSSEv1 {type.Length} {type} {payload.Length} "), .. payload], Email);
        using (certificate)
        {
            return new()
            {
                ["mediaType"] = BundleType,
                ["verificationMaterial"] = new JsonObject
                {
                    ["certificate"] = new JsonObject { ["rawBytes"] = Convert.ToBase64String(certificate.RawData) },
                    ["tlogEntries"] = new JsonArray(_authority.Log(SigstoreAuthority.Dsse(payload, signature, certificate)).ToBundle()),
                },
                ["dsseEnvelope"] = new JsonObject
                {
                    ["payload"] = Convert.ToBase64String(payload),
                    ["payloadType"] = type,
                    ["signatures"] = new JsonArray(new JsonObject { ["sig"] = Convert.ToBase64String(signature) }),
                },
            };
        }
    }

    private static async Task<JsonArray> LayersAsync(RegistryImage place)
    {
        try
        {
            var stored = await place.GetManifestAsync(null, CancellationToken.None);
            return JsonNode.Parse(stored.Bytes.Span)!["layers"]!.DeepClone().AsArray();
        }
        catch (ImageException e) when (e.Fault == ImageFault.NotFound)
        {
            return [];
        }
    }

    private static async Task<JsonObject> PutAsync(RegistryImage image, string mediaType, byte[] content, JsonObject annotations)
    {
        var blob = await image.PutBlobAsync(new MemoryStream(content), CancellationToken.None);
        return new() { ["mediaType"] = mediaType, ["digest"] = blob.Digest.ToString(), ["size"] = blob.Size, ["annotations"] = annotations };
    }

    private static async Task<StoredManifest> PutManifestAsync(RegistryImage image, JsonObject manifest, bool own)
    {
        var config = await PutAsync(image, MediaTypes.OciConfig, "{}"u8.ToArray(), []);
        (manifest["schemaVersion"], manifest["mediaType"], manifest["config"]) = (2, MediaTypes.OciManifest, config);
        var stored = new StoredManifest(Encoding.UTF8.GetBytes(manifest.ToJsonString()), MediaTypes.OciManifest);
        await image.PutManifestAsync(stored, own, CancellationToken.None);
        return stored;
    }

    private ImagePolicy Policy(string? root = null, string? log = null, string identity = "matchRepoDigestOrExact") => Parse(new JsonObject
    {
        ["type"] = "sigstoreSigned",
        ["fulcio"] = new JsonObject { ["caData"] = Data(root ?? _authority.RootPem), ["oidcIssuer"] = SigstoreAuthority.Issuer, ["subjectEmail"] = Email },
        ["rekorPublicKeyData"] = Data(log ?? _authority.LogKeyPem),
        ["signedIdentity"] = new JsonObject { ["type"] = identity },
    });

    private static ImagePolicy Parse(JsonObject requirement) =>
        ImagePolicy.Parse(Encoding.UTF8.GetBytes(new JsonObject { ["default"] = new JsonArray(requirement) }.ToJsonString()), "test");

    private static string Data(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
