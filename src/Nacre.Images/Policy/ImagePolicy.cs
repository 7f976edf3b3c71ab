using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.Transports;

namespace Nacre.Images.Policy;

/// <summary>
/// <c>containers-policy.json(5)</c>: which images may be used. Unknown members and types are refused, and so is an empty list of
/// requirements, because a policy that is not understood must not allow.
/// </summary>
public sealed class ImagePolicy
{
    private const int LargestPolicy = 1 << 20;
    private const int MostRequirements = 64;
    private readonly IReadOnlyList<PolicyRequirement> _default;
    private readonly Dictionary<(string Transport, string Scope), IReadOnlyList<PolicyRequirement>> _scopes = [];

    private ImagePolicy(IReadOnlyList<PolicyRequirement> @default) => _default = @default;

    /// <summary>Every image, without any signature. The name is meant to be seen in a review.</summary>
    public static ImagePolicy InsecureAcceptAnything { get; } = new([new PolicyRequirement.AcceptAnything()]);

    /// <summary>
    /// No requirements of its own, for images that only Notation signatures decide about (<see cref="Signatures.SignatureOptions.Notation"/>). A
    /// decision without any requirement refuses.
    /// </summary>
    public static ImagePolicy OnlyNotation { get; } = new([]);

    public static ImagePolicy Parse(ReadOnlySpan<byte> json, string where)
    {
        if (json.Length > LargestPolicy)
            throw Invalid($"it has {json.Length} bytes, at most {LargestPolicy} are read", where);

        try
        {
            var root = OciJson.Parse(json, where);
            RequireKnown(root, ["default", "transports"], where);
            if (!root.ContainsKey("default"))
                throw Invalid("'default' is missing", where);

            var policy = new ImagePolicy(ReadList(root, "default", where));
            foreach (var (transport, scopes) in OciJson.FindObject(root, "transports", where) ?? [])
            {
                var named = scopes as JsonObject ?? throw Invalid($"'transports.{transport}' must be an object", where);
                foreach (var (scope, _) in named)
                    policy._scopes[(transport, scope)] = ReadList(named, scope, $"{where}, transports.{transport}.\"{scope}\"");
            }

            return policy;
        }
        catch (ImageException e) when (e.Fault == ImageFault.Malformed)
        {
            throw Invalid(e.What, e.Where);
        }
    }

    /// <summary>A policy that wants one of these keys for every image.</summary>
    public static ImagePolicy RequireKeys(IReadOnlyList<string> keyPaths) =>
        new([new PolicyRequirement.SigstoreSigned(new(keyPaths, []), null, null, new SignedIdentity.MatchRepoDigestOrExact())]);

    /// <summary>The requirements for a name as the user gave it, and the scope they stand under.</summary>
    internal (string Scope, IReadOnlyList<PolicyRequirement> Requirements) Find(ImageLocation location)
    {
        var (transport, scopes) = location switch
        {
            ImageLocation.Docker docker => ("docker", ImageScopes.Docker(docker.Image)),
            ImageLocation.Oci oci => ("oci", ImageScopes.Directory(oci.Directory, oci.Tag)),
            ImageLocation.Plain plain => ("dir", ImageScopes.Directory(plain.Directory, tag: null)),
            ImageLocation.DockerArchive archive => ("docker-archive", ImageScopes.Directory(archive.File, tag: null)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        foreach (var scope in scopes)
        {
            if (_scopes.TryGetValue((transport, scope), out var requirements))
                return ($"transports.{transport}.\"{scope}\"", requirements);
        }

        return ("default", _default);
    }

    internal static ImageException Invalid(string what, string where) =>
        new(ImageFault.PolicyInvalid, $"the image policy is not valid: {what}", where, "correct it by containers-policy.json(5)");

    internal static void RequireKnown(JsonObject json, string[] known, string where)
    {
        if (json.Select(pair => pair.Key).FirstOrDefault(key => !known.Contains(key)) is { } unknown)
            throw Invalid($"the member '{unknown}' is not known", where);
    }

    private static List<PolicyRequirement> ReadList(JsonObject owner, string member, string where)
    {
        var list = OciJson.Objects(owner, member, MostRequirements, where).Select(item => PolicyRequirement.Read(item, where)).ToList();
        return list.Count > 0 ? list : throw Invalid($"the requirements of '{member}' are empty; say insecureAcceptAnything or reject", where);
    }
}
