using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Signatures.Sigstore;

namespace Nacre.UnitTests.Images.Sigstore;

/// <summary>Real bundles of Sigstore's staging instance with a log that keeps no time: an authority for time stamps says it (Vectors/ORIGIN.md).</summary>
[Trait("Group", "ImagesSigstore")]
public sealed class Rekor2VectorTests
{
    private const string Workflow =
        "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";

    private const string Happy = "staging/rekor2-happy-path.json";
    private const string Root = "trusted_root.json";

    private static readonly string s_vectors = Folder();

    public static TheoryData<string> Bundles { get; } =
    [
        .. Directory.EnumerateFiles(s_vectors, "*.json", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != Root)
            .Select(file => Path.GetRelativePath(s_vectors, file)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Bundles))]
    public async Task Judges_as_the_suite_says(string name)
    {
        var problem = await FindProblemAsync(name, Policy(name));
        Assert.True(problem is not null == name.EndsWith("_fail.json", StringComparison.Ordinal), problem ?? "it was accepted");
    }

    [Theory]
    [InlineData("fulcio", "timestampAuthorityDatas", "the policy names no timestampAuthority")]
    [InlineData("", "rekorPublicKeyDatas", "needs one of rekorPublicKeyPath")]
    public async Task Says_what_the_policy_lacks(string table, string member, string reason)
    {
        var policy = Policy(Happy);
        (table.Length == 0 ? policy : policy[table]!.AsObject()).Remove(member);
        Assert.Contains(reason, await FindProblemAsync(Happy, policy), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tlogEntries.0.canonicalizedBody")]
    [InlineData("tlogEntries.0.inclusionProof.rootHash")]
    [InlineData("tlogEntries.0.inclusionProof.hashes.0")]
    public async Task Refuses_a_flipped_bit_in_every_byte_of(string path)
    {
        var policy = Policy(Happy);
        var length = Convert.FromBase64String(At(await BundleAsync(Happy), path).GetValue<string>()).Length;
        for (var i = 0; i < length; i++)
        {
            var problem = await FindProblemAsync(Happy, policy, json =>
            {
                var bytes = Convert.FromBase64String(At(json, path).GetValue<string>());
                bytes[i] ^= (byte)(1 << (i % 8));
                At(json, path).ReplaceWith(Convert.ToBase64String(bytes));
            });
            Assert.True(problem is not null, $"byte {i}");
        }
    }

    private static async Task<string?> FindProblemAsync(string name, JsonObject policy, Action<JsonNode>? change = null)
    {
        var bundle = await BundleAsync(name);
        change?.Invoke(bundle);
        try
        {
            var requirement = Assert.IsType<PolicyRequirement.SigstoreSigned>(PolicyRequirement.Read(policy, "test"));
            var trust = await SigstoreTrust.ReadAsync(requirement, new(resources: null), CancellationToken.None);
            var artifact = await File.ReadAllBytesAsync(Path.Combine(s_vectors, "..", "a.txt"));
            var signature = SigstoreBundle.Parse(Encoding.UTF8.GetBytes(bundle.ToJsonString()), name, artifact);
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

    /// <summary>What the suite's file of trust says, in the words of a policy.</summary>
    private static JsonObject Policy(string name)
    {
        var root = JsonNode.Parse(File.ReadAllText(Path.Combine(s_vectors, Path.GetDirectoryName(name)!, Root)))!;
        return new JsonObject
        {
            ["type"] = "sigstoreSigned",
            ["rekorPublicKeyDatas"] = Keys(root["tlogs"]!),
            ["fulcio"] = new JsonObject
            {
                ["caData"] = Chains(root["certificateAuthorities"]!),
                ["timestampAuthorityDatas"] = new JsonArray(Chains(root["timestampAuthorities"]!)),
                ["ctLogPublicKeyDatas"] = Keys(root["ctlogs"]!),
                ["oidcIssuer"] = "https://token.actions.githubusercontent.com",
                ["subjectURI"] = Workflow,
            },
        };
    }

    // One old log of certificates has its key in another form than SubjectPublicKeyInfo; nothing here is by it.
    private static JsonArray Keys(JsonNode logs) =>
    [
        .. logs.AsArray().Select(log => log!["publicKey"]!)
            .Where(key => key["keyDetails"]!.GetValue<string>().StartsWith("PKIX_", StringComparison.Ordinal))
            .Select(key => (JsonNode)Pem("PUBLIC KEY", key["rawBytes"]!)),
    ];

    private static string Chains(JsonNode authorities) => Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Join('\n', authorities.AsArray()
        .SelectMany(authority => authority!["certChain"]!["certificates"]!.AsArray())
        .Select(certificate => Encoding.ASCII.GetString(Convert.FromBase64String(Pem("CERTIFICATE", certificate!["rawBytes"]!)))))));

    private static string Pem(string label, JsonNode der) => Convert.ToBase64String(
        Encoding.ASCII.GetBytes(System.Security.Cryptography.PemEncoding.WriteString(label, Convert.FromBase64String(der.GetValue<string>()))));

    private static async Task<JsonNode> BundleAsync(string name) => JsonNode.Parse(await File.ReadAllBytesAsync(Path.Combine(s_vectors, name)))!;

    private static JsonNode At(JsonNode json, string path) => path.Split('.').Aggregate(
        json["verificationMaterial"]!,
        (node, step) => (char.IsAsciiDigit(step[0]) ? node[step[0] - '0'] : node[step]) ?? throw new KeyNotFoundException(path));

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Vectors", "Rekor2");
}
