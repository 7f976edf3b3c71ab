using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Nacre.UnitTests.Images.Sigstore;

/// <summary>Real bundles of Sigstore's staging instance with a log that keeps no time: an authority for time stamps says it (Vectors/ORIGIN.md).</summary>
[Trait("Group", "ImagesSigstore")]
public sealed class Rekor2VectorTests
{
    private const string Happy = "staging/rekor2-happy-path.json";
    private const string Root = "trusted_root.json";

    private static readonly string s_vectors = SigstoreVectors.PathOf("Rekor2");

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
    [InlineData("verificationMaterial.tlogEntries.0.canonicalizedBody")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.rootHash")]
    [InlineData("verificationMaterial.tlogEntries.0.inclusionProof.hashes.0")]
    public Task Refuses_a_flipped_bit_in_every_byte_of(string path)
    {
        var policy = Policy(Happy);
        return SigstoreVectors.RequireProblemOfEveryByteAsync(InVectors(Happy), path, change => FindProblemAsync(Happy, policy, change));
    }

    private static Task<string?> FindProblemAsync(string name, JsonObject policy, Action<JsonNode>? change = null) =>
        SigstoreVectors.FindProblemAsync(policy, InVectors(name), "a.txt", change);

    private static string InVectors(string name) => Path.Combine("Rekor2", name);

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
                ["oidcIssuer"] = SigstoreVectors.GitHub,
                ["subjectURI"] = SigstoreVectors.Workflow,
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
        Encoding.ASCII.GetBytes(PemEncoding.WriteString(label, Convert.FromBase64String(der.GetValue<string>()))));
}
