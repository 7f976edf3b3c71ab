using System.Diagnostics.CodeAnalysis;
using Nacre.Evidence.Protocol;

namespace Nacre.KeyBroker.Http;

/// <summary>Who may use a route. There is no default: each route says it.</summary>
public enum Access
{
    /// <summary>Anyone who can connect.</summary>
    Public,

    /// <summary>An attested guest; the handler takes the session or the token and asks the release policy.</summary>
    Guest,

    // For administrators; their token is checked before the body is read. Admin/RoleList.cs says which role has which.

    /// <summary>Looks at policies, reference values, names of secrets, and why guests were refused.</summary>
    View,

    /// <summary>Changes policies and reference values: decides who is trusted.</summary>
    WritePolicy,

    /// <summary>Sets and deletes secrets; nobody reads them in clear.</summary>
    WriteSecret,

    /// <summary>Reads the audit record.</summary>
    ReadAudit,

    /// <summary>Makes tokens for others.</summary>
    Administer,

    /// <summary>Makes and deletes tenants; of the server as a whole, never with a token that is limited to a path.</summary>
    ManageTenants,

    /// <summary>Said for each request by <see cref="Route.Decide"/>, before its body is read. No role has it: undecided is denied.</summary>
    Decided,
}

/// <summary>One route.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Template">Segments with slashes between; <c>{name}</c> is one segment, <c>{**name}</c> one or more at the end.</param>
/// <param name="Access">Who may use it.</param>
/// <param name="Handler">Serves it.</param>
/// <param name="NarrowsToScope">The handler answers a caller that is limited to a path with what is below that path.</param>
public sealed record Route(
    string Method, string Template, Access Access, Func<KbsCall, CancellationToken, ValueTask<KbsReply>> Handler,
    bool NarrowsToScope = false)
{
    private readonly string[] _parts = Template.Split('/');

    /// <summary>For <see cref="Access.Decided"/>: <see cref="Access.Guest"/> or <see cref="Access.WriteSecret"/>; null elsewhere.</summary>
    public Func<KbsCall, CancellationToken, ValueTask<Access>>? Decide { get; init; }

    /// <summary>What the placeholders stand for, with slashes between; null when there are none.</summary>
    public string? ObjectOf(IReadOnlyDictionary<string, string> values) =>
        values.Count == 0 ? null : string.Join(
            '/', _parts.Where(part => part[0] == '{').Select(part => values[part.TrimStart('{', '*').TrimEnd('}')]));

    /// <summary>This route with who may use it for this request. Whoever shows nothing at all is refused before anything is asked.</summary>
    /// <exception cref="KbsProblemException">401 without any credential; or it cannot be decided.</exception>
    public async ValueTask<Route> DecideAsync(KbsCall call, CancellationToken cancel)
    {
        if (Access != Access.Decided || Decide is null)
            return this;
        if (call.Bearer is null && call.SessionCookie is null)
            throw new KbsProblemException(401, ErrorTypes.TokenNotFound, "this path takes a session or a token, and there is none");

        var decided = await Decide(call, cancel);
        return decided is Access.Guest or Access.WriteSecret ? this with { Access = decided } : this;
    }

    /// <summary>The path of a request, from the root.</summary>
    internal string PathOf(IReadOnlyDictionary<string, string> values) =>
        "/" + string.Join('/', _parts.Select(part => part[0] == '{' ? values[part.TrimStart('{', '*').TrimEnd('}')] : part));

    internal bool TryMatch(IReadOnlyList<string> segments, [NotNullWhen(true)] out Dictionary<string, string>? values)
    {
        values = null;
        var hasRest = _parts[^1].StartsWith("{**", StringComparison.Ordinal);
        if (hasRest ? segments.Count < _parts.Length : segments.Count != _parts.Length)
            return false;

        for (var i = 0; i < _parts.Length; i++)
        {
            if (_parts[i][0] != '{' && _parts[i] != segments[i])
                return false;
        }

        values = [];
        for (var i = 0; i < _parts.Length; i++)
        {
            if (i == _parts.Length - 1 && hasRest)
                values[_parts[i][3..^1]] = string.Join('/', segments.Skip(i));
            else if (_parts[i][0] == '{')
                values[_parts[i][1..^1]] = segments[i];
        }

        return true;
    }
}

/// <summary>Every route of the server with its authorisation. What is not in the table does not exist: requests are dispatched by it alone.</summary>
public sealed class RouteTable(IReadOnlyList<Route> routes)
{
    public IReadOnlyList<Route> Routes { get; } = routes;

    /// <exception cref="KbsProblemException">404 when no template matches, 405 when one does for another method.</exception>
    public (Route Route, IReadOnlyDictionary<string, string> Values) Find(string method, IReadOnlyList<string> segments)
    {
        List<string>? otherMethods = null;
        foreach (var route in Routes)
        {
            if (!route.TryMatch(segments, out var values))
                continue;
            if (route.Method == method)
                return (route, values);
            (otherMethods ??= []).Add(route.Method);
        }

        if (otherMethods is not null)
            throw new KbsProblemException(405, ErrorTypes.MethodNotAllowed, $"this path takes {string.Join(", ", otherMethods)}");

        var plugin = segments is ["kbs", "v0", var name, ..] ? name : "";
        throw new KbsProblemException(404, ErrorTypes.PluginNotFound, $"Plugin {plugin} not found");
    }
}
