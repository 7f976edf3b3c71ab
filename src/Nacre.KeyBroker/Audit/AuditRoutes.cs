using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// The auditor reads what was done, and where each chain must end. A tenant's sees the lines of that tenant; the chains, which all tenants
/// share, are the server's.
/// </summary>
/// <param name="directory">With the record.</param>
/// <param name="anchors">Null for a tenant.</param>
/// <param name="tenant">Null for the server itself.</param>
public sealed class AuditRoutes(string directory, AuditAnchors? anchors, string? tenant)
{
    private const int MaxListed = 1000;

    public IEnumerable<Route> Create()
    {
        yield return new("GET", "kbs/v0/admin/audit", Access.ReadAudit, ListAsync);
        if (anchors is not null)
            yield return new("GET", "kbs/v0/admin/audit/heads", Access.ReadAudit, (_, cancel) => HeadsAsync(anchors, cancel));
    }

    private ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel)
    {
        var since = call.Query.TryGetValue("since", out var text) ? Time(text) : (DateTimeOffset?)null;
        var reference = call.Query.GetValueOrDefault("reference");
        var of = tenant ?? call.Query.GetValueOrDefault("tenant");
        var lines = AuditReader.Read(directory, since, MaxListed, line => Has(line, "reference", reference) && Has(line, "tenant", of));
        return ValueTask.FromResult(KbsReply.Of(new JsonObject { ["lines"] = new JsonArray([.. lines]) }));
    }

    private static async ValueTask<KbsReply> HeadsAsync(AuditAnchors anchors, CancellationToken cancel)
    {
        var heads = new JsonObject();
        foreach (var (chain, head) in await anchors.ReadAsync(cancel))
            heads[chain] = head.ToJson();
        return KbsReply.Of(heads);
    }

    private static bool Has(JsonObject line, string name, string? value) => value is null || (string?)line[name] == value;

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time : throw KbsProblemException.Malformed($"'{text}' is no time; write it as 2026-01-31T12:00:00Z");
}
