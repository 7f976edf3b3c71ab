using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Audit;

/// <summary>The auditor reads what was done, and where each chain must end.</summary>
public sealed class AuditRoutes(string directory, AuditAnchors anchors)
{
    private const int MaxListed = 1000;

    public IEnumerable<Route> Create()
    {
        yield return new("GET", "kbs/v0/admin/audit", Access.ReadAudit, ListAsync);
        yield return new("GET", "kbs/v0/admin/audit/heads", Access.ReadAudit, HeadsAsync);
    }

    private ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel)
    {
        var since = call.Query.TryGetValue("since", out var text) ? Time(text) : (DateTimeOffset?)null;
        var lines = AuditReader.Read(directory, since, MaxListed, call.Query.GetValueOrDefault("reference"));
        return ValueTask.FromResult(KbsReply.Of(new JsonObject { ["lines"] = new JsonArray([.. lines]) }));
    }

    private async ValueTask<KbsReply> HeadsAsync(KbsCall call, CancellationToken cancel)
    {
        var heads = new JsonObject();
        foreach (var (chain, head) in await anchors.ReadAsync(cancel))
            heads[chain] = head.ToJson();
        return KbsReply.Of(heads);
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time : throw KbsProblemException.Malformed($"'{text}' is no time; write it as 2026-01-31T12:00:00Z");
}
