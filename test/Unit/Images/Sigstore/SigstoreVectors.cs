using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Signatures.Sigstore;

namespace Nacre.UnitTests.Images.Sigstore;

/// <summary>Real bundles of Sigstore (Vectors/ORIGIN.md), whole or changed, held against a policy.</summary>
internal static class SigstoreVectors
{
    /// <summary>Who signed all of them.</summary>
    public const string Workflow =
        "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";

    public const string GitHub = "https://token.actions.githubusercontent.com";

    public static string Folder { get; } = FindFolder();

    public static string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Why the policy refuses the bundle; null when it does not.</summary>
    /// <param name="policy">A requirement of type sigstoreSigned.</param>
    /// <param name="bundle">Its path in the folder.</param>
    /// <param name="artifact">The path of what it is about.</param>
    /// <param name="change">To be made in the bundle first.</param>
    public static async Task<string?> FindProblemAsync(JsonObject policy, string bundle, string artifact, Action<JsonNode>? change)
    {
        var bytes = await File.ReadAllBytesAsync(PathOf(bundle));
        if (change is not null)
        {
            var json = JsonNode.Parse(bytes)!;
            change(json);
            bytes = Encoding.UTF8.GetBytes(json.ToJsonString());
        }

        try
        {
            var requirement = Assert.IsType<PolicyRequirement.SigstoreSigned>(PolicyRequirement.Read(policy, "test"));
            var trust = await SigstoreTrust.ReadAsync(requirement, new(resources: null), CancellationToken.None);
            var signature = SigstoreBundle.Parse(bytes, bundle, await File.ReadAllBytesAsync(PathOf(artifact)));
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

    /// <summary>Changes a bit of every byte of a member in base64, one after the other: there must be a problem each time.</summary>
    public static async Task RequireProblemOfEveryByteAsync(string bundle, string path, Func<Action<JsonNode>, Task<string?>> findProblem)
    {
        var good = JsonNode.Parse(await File.ReadAllBytesAsync(PathOf(bundle)))!;
        var length = Convert.FromBase64String(At(good, path).GetValue<string>()).Length;
        Assert.NotEqual(0, length);
        for (var i = 0; i < length; i++)
        {
            var problem = await findProblem(json =>
            {
                var bytes = Convert.FromBase64String(At(json, path).GetValue<string>());
                bytes[i] ^= (byte)(1 << (i % 8));
                At(json, path).ReplaceWith(Convert.ToBase64String(bytes));
            });
            Assert.True(problem is not null, $"byte {i}");
        }
    }

    public static JsonNode At(JsonNode json, string path) => path.Split('.').Aggregate(
        json, (node, step) => (char.IsAsciiDigit(step[0]) ? node[step[0] - '0'] : node[step]) ?? throw new KeyNotFoundException(path));

    private static string FindFolder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Vectors");
}
