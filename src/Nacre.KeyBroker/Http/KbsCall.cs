using System.Security.Cryptography.X509Certificates;
using Nacre.KeyBroker.Admin;

namespace Nacre.KeyBroker.Http;

/// <summary>One request, after its path was checked and matched. Handlers see this and nothing of the web server.</summary>
public sealed record KbsCall
{
    /// <summary>What the placeholders of the route's template stand for; the rest of the path (<c>{**name}</c>) with slashes.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>The last of several values with one name counts.</summary>
    public required IReadOnlyDictionary<string, string> Query { get; init; }

    /// <summary>Empty until the peer may use the route.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Value of the session cookie; null when there is none.</summary>
    public string? SessionCookie { get; init; }

    /// <summary>Value of <c>Authorization: Bearer</c>; null when there is none.</summary>
    public string? Bearer { get; init; }

    /// <summary>That the peer showed, issued by an authority of administrators; null when it showed none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Scheme, host, port and, for a tenant, what its paths begin with.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Address of the peer.</summary>
    public string From { get; init; } = "";

    /// <summary>Who the administrator is; null on routes that are not for administrators.</summary>
    public AdminIdentity? Admin { get; init; }

    public CallSubject Subject { get; } = new();

    public string this[string name] => Values[name];
}
