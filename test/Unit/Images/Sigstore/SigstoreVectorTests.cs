using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Signatures.Sigstore;

namespace Nacre.UnitTests.Images.Sigstore;

/// <summary>Real bundles of the public Sigstore, good and bad (Vectors/ORIGIN.md).</summary>
[Trait("Group", "ImagesSigstore")]
public sealed class SigstoreVectorTests
{
    private const string Workflow =
        "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";

    private const string GitHub = "https://token.actions.githubusercontent.com";

    private static readonly string s_vectors = Folder();

    public static TheoryData<string> Bundles { get; } =
        [.. Directory.EnumerateFiles(s_vectors, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Bundles))]
    public async Task Judges_as_the_suite_says(string name)
    {
        var key = Vector($"{name}.pub");
        var problem = await FindProblemAsync(name, Policy(File.Exists(key) ? key : null));
        Assert.True(problem is not null == name.EndsWith("_fail", StringComparison.Ordinal), problem ?? "it was accepted");
    }

    [Theory]
    [InlineData("another issuer", Workflow, "https://accounts.example.com", "ctlog-1.pem", "vouched for by")]
    [InlineData("a part of the subject", "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon", GitHub, "ctlog-1.pem", "is wanted")]
    [InlineData("another log of certificates", Workflow, GitHub, "ctlog-0.pem", "certificate-transparency log")]
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
    public async Task Refuses_a_flipped_bit_in_every_byte_of(string path)
    {
        var good = JsonNode.Parse(await File.ReadAllBytesAsync(Vector("happy-path-v0.3.json")))!;
        var length = Convert.FromBase64String(At(good, path).GetValue<string>()).Length;
        for (var i = 0; i < length; i++)
        {
            var problem = await FindProblemAsync("happy-path-v0.3", Policy(null), json =>
            {
                var bytes = Convert.FromBase64String(At(json, path).GetValue<string>());
                bytes[i] ^= (byte)(1 << (i % 8));
                At(json, path).ReplaceWith(Convert.ToBase64String(bytes));
            });
            Assert.True(problem is not null, $"byte {i}");
        }
    }

    [Theory]
    [InlineData("verificationMaterial.tlogEntries.0.integratedTime", "1710869191")]
    [InlineData("verificationMaterial.tlogEntries.0.logIndex", "1")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.logIndex", "1")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.treeSize", "1")]
    public async Task Refuses_another_number(string path, string number) =>
        Assert.NotNull(await FindProblemAsync("happy-path-v0.3", Policy(null), json => At(json, path).ReplaceWith(number)));

    private static async Task<string?> FindProblemAsync(string name, string policy, Action<JsonNode>? change = null)
    {
        var requirement = Assert.IsType<PolicyRequirement.SigstoreSigned>(PolicyRequirement.Read(JsonNode.Parse(policy)!.AsObject(), "test"));
        var bundle = await File.ReadAllBytesAsync(Vector($"{name}.json"));
        if (change is not null)
        {
            var json = JsonNode.Parse(bundle)!;
            change(json);
            bundle = Encoding.UTF8.GetBytes(json.ToJsonString());
        }

        var artifact = Vector($"{name}.artifact");
        try
        {
            var trust = await SigstoreTrust.ReadAsync(requirement, new(resources: null), CancellationToken.None);
            var signature = SigstoreBundle.Parse(bundle, name, await File.ReadAllBytesAsync(File.Exists(artifact) ? artifact : Vector("a.txt")));
            return new SigstoreCheck(new(resources: null), new()).FindProblem(signature, trust, out _);
        }
        catch (MalformedDataException e)
        {
            return e.Message;
        }
        catch (ImageException e) when (e.Fault == ImageFault.PolicyInvalid)
        {
            return e.What;
        }
    }

    private static string Policy(string? key, string subject = Workflow, string issuer = GitHub, string certificateLog = "ctlog-1.pem")
    {
        var json = new JsonObject { ["type"] = "sigstoreSigned", ["rekorPublicKeyPath"] = Vector("rekor.pem") };
        if (key is not null)
        {
            json["keyPath"] = key;
        }
        else
        {
            json["fulcio"] = new JsonObject
            {
                ["caPath"] = Vector("fulcio.pem"),
                ["oidcIssuer"] = issuer,
                ["subjectURI"] = subject,
                ["ctLogPublicKeyPath"] = Vector(certificateLog),
            };
        }

        return json.ToJsonString();
    }

    private static JsonNode At(JsonNode json, string path) => path.Split('.').Aggregate(
        json, (node, step) => (char.IsAsciiDigit(step[0]) ? node[step[0] - '0'] : node[step]) ?? throw new KeyNotFoundException(path));

    private static string Vector(string name) => Path.Combine(s_vectors, name);

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Vectors");
}
