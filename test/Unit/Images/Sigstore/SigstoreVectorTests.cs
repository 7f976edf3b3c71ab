using System.Text.Json.Nodes;

namespace Nacre.UnitTests.Images.Sigstore;

/// <summary>Real bundles of the public Sigstore, good and bad (Vectors/ORIGIN.md).</summary>
[Trait("Group", "ImagesSigstore")]
public sealed class SigstoreVectorTests
{
    public static TheoryData<string> Bundles { get; } =
        [.. Directory.EnumerateFiles(SigstoreVectors.Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Bundles))]
    public async Task Judges_as_the_suite_says(string name)
    {
        var key = SigstoreVectors.PathOf($"{name}.pub");
        var problem = await FindProblemAsync(name, Policy(File.Exists(key) ? key : null));
        Assert.True(problem is not null == name.EndsWith("_fail", StringComparison.Ordinal), problem ?? "it was accepted");
    }

    [Theory]
    [InlineData("another issuer", SigstoreVectors.Workflow, "https://accounts.example.com", "ctlog-1.pem", "vouched for by")]
    [InlineData(
        "a part of the subject", "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon", SigstoreVectors.GitHub,
        "ctlog-1.pem", "is wanted")]
    [InlineData(
        "another log of certificates", SigstoreVectors.Workflow, SigstoreVectors.GitHub, "ctlog-0.pem", "certificate-transparency log")]
    public async Task Refuses_another_identity(string what, string subject, string issuer, string certificateLog, string reason)
    {
        var problem = await FindProblemAsync("happy-path-v0.3", Policy(null, subject, issuer, certificateLog));
        Assert.True(problem?.Contains(reason, StringComparison.Ordinal), $"{what}: {problem}");
    }

    [Fact]
    public async Task Refuses_a_bundle_without_its_log_entry() => Assert.Equal(
        "a signature without an entry of a transparency log",
        await FindProblemAsync("happy-path-v0.3", Policy(null), json => json["verificationMaterial"]!.AsObject().Remove("tlogEntries")));

    [Theory]
    [InlineData("messageSignature.signature")]
    [InlineData("verificationMaterial.certificate.rawBytes")]
    [InlineData("verificationMaterial.tlogEntries.0.canonicalizedBody")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionPromise.signedEntryTimestamp")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.rootHash")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.hashes.3")]
    [InlineData("verificationMaterial.tlogEntries.0.logId.keyId")]
    public Task Refuses_a_flipped_bit_in_every_byte_of(string path) => SigstoreVectors.RequireProblemOfEveryByteAsync(
        "happy-path-v0.3.json", path, change => FindProblemAsync("happy-path-v0.3", Policy(null), change));

    [Theory]
    [InlineData("verificationMaterial.tlogEntries.0.integratedTime", "1710869191")]
    [InlineData("verificationMaterial.tlogEntries.0.logIndex", "1")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.logIndex", "1")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.treeSize", "1")]
    public async Task Refuses_another_number(string path, string number) =>
        Assert.NotNull(await FindProblemAsync("happy-path-v0.3", Policy(null), json => SigstoreVectors.At(json, path).ReplaceWith(number)));

    private static Task<string?> FindProblemAsync(string name, JsonObject policy, Action<JsonNode>? change = null)
    {
        var artifact = $"{name}.artifact";
        return SigstoreVectors.FindProblemAsync(
            policy, $"{name}.json", File.Exists(SigstoreVectors.PathOf(artifact)) ? artifact : "a.txt", change);
    }

    private static JsonObject Policy(
        string? key, string subject = SigstoreVectors.Workflow, string issuer = SigstoreVectors.GitHub, string certificateLog = "ctlog-1.pem")
    {
        var json = new JsonObject { ["type"] = "sigstoreSigned", ["rekorPublicKeyPath"] = SigstoreVectors.PathOf("rekor.pem") };
        if (key is not null)
        {
            json["keyPath"] = key;
        }
        else
        {
            json["fulcio"] = new JsonObject
            {
                ["caPath"] = SigstoreVectors.PathOf("fulcio.pem"),
                ["oidcIssuer"] = issuer,
                ["subjectURI"] = subject,
                ["ctLogPublicKeyPath"] = SigstoreVectors.PathOf(certificateLog),
            };
        }

        return json;
    }
}
