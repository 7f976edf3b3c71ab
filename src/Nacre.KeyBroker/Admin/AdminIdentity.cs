namespace Nacre.KeyBroker.Admin;

/// <summary>Who an administrator is, and what the token is limited to beyond its role.</summary>
/// <param name="Role">One of <see cref="RoleList.Names"/>, or another name, which grants nothing.</param>
/// <param name="Name">For the audit record: role, subject and id of the token, or subject and serial number of the certificate.</param>
public sealed record AdminIdentity(string Role, string Name)
{
    /// <summary>Segments that the path of what is touched must begin with; empty: any.</summary>
    public IReadOnlyList<string> Scope { get; init; } = [];

    /// <summary>The same for every credential of one person or program: issuer and subject; null when the token names none.</summary>
    public string? Subject { get; init; }

    /// <summary>The one tenant that it is of; null for the server itself.</summary>
    public string? Tenant { get; init; }

    /// <summary>HTTP methods; empty: any.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Null for a token without an end.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Whether a path lies in the scope: segment by segment, so that <c>default</c> does not cover <c>default2</c>.</summary>
    public bool Covers(string path)
    {
        var segments = path.Split('/');
        return segments.Length >= Scope.Count && Scope.SequenceEqual(segments.Take(Scope.Count));
    }
}
