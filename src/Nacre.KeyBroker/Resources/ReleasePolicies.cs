using Nacre.Attestation.Policies;

namespace Nacre.KeyBroker.Resources;

/// <summary>
/// Which resource policy decides: the one for the longest path that the request is below, segment by segment, else the one for all. The id
/// of
/// a policy for a path is the path with the plugin in front, such as <c>resource/default</c>.
/// </summary>
public static class ReleasePolicies
{
    private const int MaxSegments = 8;

    /// <summary>Whether an id names a path; the one for all is <see cref="ReleasePolicy.Id"/>.</summary>
    public static bool IsPath(string id)
    {
        var segments = id.Split('/');
        return segments.Length is > 1 and <= MaxSegments && Array.TrueForAll(segments, PolicyDocument.IsId);
    }

    /// <summary>Null when there is not even one for all.</summary>
    public static StoredPolicy<ReleasePolicy>? For(
        IReadOnlyDictionary<string, StoredPolicy<ReleasePolicy>> policies, ReleaseRequest request)
    {
        for (var path = request.FullPath; path.Contains('/', StringComparison.Ordinal); path = path[..path.LastIndexOf('/')])
        {
            if (policies.TryGetValue(path, out var policy))
                return policy;
        }

        return policies.GetValueOrDefault(ReleasePolicy.Id);
    }
}
