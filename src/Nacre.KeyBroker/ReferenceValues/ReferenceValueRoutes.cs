using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.ReferenceValues;

/// <summary>Upstream's reference value routes (trust.md 1.11), and ours to list, activate, revoke and delete.</summary>
public sealed class ReferenceValueRoutes(ReferenceValueStore references, ReferenceValueTrust trust, TimeProvider clock)
{
    private const int MaxNames = 10_000;

    public IEnumerable<Route> Create()
    {
        yield return new("POST", "kbs/v0/reference-value", Access.WritePolicy, AddAsync);
        yield return new("GET", "kbs/v0/reference-value/{**id}", Access.View, GetAsync);
        yield return new("GET", "kbs/v0/admin/reference-values", Access.View, ListAsync);
        yield return new("GET", "kbs/v0/admin/reference-values/{**name}", Access.View, DescribeAsync);
        yield return new("DELETE", "kbs/v0/admin/reference-values/{**name}", Access.WritePolicy, DeleteAsync);
        yield return new("GET", "kbs/v0/admin/reference-history/{**name}", Access.View, HistoryAsync);
        yield return new("POST", "kbs/v0/admin/reference-activation", Access.WritePolicy, ActivateAsync);
        yield return new("POST", "kbs/v0/admin/reference-revocation", Access.WritePolicy, RevokeAsync);
    }

    private async ValueTask<KbsReply> AddAsync(KbsCall call, CancellationToken cancel)
    {
        var document = ReferenceValueMessage.Parse(call.Body, trust, clock.GetUtcNow());
        await RefuseAsync(references.RegisterAsync(document, call.Admin!.Name, cancel));
        return KbsReply.OfJson([]);
    }

    private async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var found = await FindAsync(call["id"], cancel);
        return KbsReply.OfJson(found.Value is null ? "null"u8.ToArray() : JsonText.Utf8(found.Value));
    }

    private async ValueTask<KbsReply> DescribeAsync(KbsCall call, CancellationToken cancel) =>
        KbsReply.Of((await FindAsync(call["name"], cancel)).ToJson());

    // Those that were deleted are only in the history.
    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel)
    {
        var (now, rows) = (clock.GetUtcNow(), new JsonArray());
        foreach (var record in await references.ListAsync(cancel))
        {
            var state = record.StateAt(now);
            if (record.Active is { } active)
                rows.Add((JsonNode)Describe(active, state, now));
            if (record.Staged is { } staged)
                rows.Add((JsonNode)Describe(staged, ReferenceValueEvent.Staged, now));
            if (state == ReferenceValueEvent.Revoked)
                rows.Add((JsonNode)Describe(record.Events[^1].Value, ReferenceValueEvent.Revoked, now));
        }

        return KbsReply.Of(new JsonObject { ["reference-values"] = rows });
    }

    private async ValueTask<KbsReply> HistoryAsync(KbsCall call, CancellationToken cancel)
    {
        var record = await references.FindRecordAsync(call["name"], cancel) ?? throw NotFound(call["name"]);
        return KbsReply.Of(new JsonObject
        {
            ["name"] = record.Name,
            ["state"] = record.StateAt(clock.GetUtcNow()),
            ["events"] = new JsonArray([.. record.Events.Select(one => one.ToJson())]),
        });
    }

    private async ValueTask<KbsReply> ActivateAsync(KbsCall call, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(call.Body, "kbs.activation", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.activation", document.RootElement);
        fields.Only("names", "note");
        await RefuseAsync(references.ActivateAsync(Names(fields), ChangeBy(call, fields), cancel));
        return KbsReply.Empty;
    }

    private async ValueTask<KbsReply> RevokeAsync(KbsCall call, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(call.Body, "kbs.revocation", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.revocation", document.RootElement);
        fields.Only("names", "note", "value");
        var item = fields.Find("value") is { } value ? JsonNode.Parse(value.GetRawText()) : null;
        await RefuseAsync(references.RevokeAsync(Names(fields), item, ChangeBy(call, fields), cancel));
        return KbsReply.Empty;
    }

    private async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel) =>
        await references.DeleteAsync(call["name"], new(call.Admin!.Name, clock.GetUtcNow()), cancel)
            ? KbsReply.Empty : throw NotFound(call["name"]);

    private async ValueTask<ReferenceValue> FindAsync(string name, CancellationToken cancel) =>
        (await references.SnapshotAsync(cancel)).Find(name, clock.GetUtcNow()) ?? throw NotFound(name);

    private ReferenceValueChange ChangeBy(KbsCall call, JsonFields fields) =>
        new(call.Admin!.Name, clock.GetUtcNow(), fields.FindText("note", 1024));

    private static IReadOnlyList<string> Names(JsonFields fields)
    {
        var names = fields.Texts("names", MaxNames);
        return names.Count > 0 && names.All(name => name.Length is > 0 and <= ReferenceValueMessage.MaxNameLength)
            && names.Distinct().Count() == names.Count
            ? names : throw fields.Malformed("names", "must be names of reference values, each once");
    }

    private static JsonObject Describe(ReferenceValue value, string state, DateTimeOffset now)
    {
        var json = value.ToJson();
        json["state"] = state;
        json["days-left"] = Math.Max(0, (int)(value.Expiration - now).TotalDays);
        return json;
    }

    private static async Task RefuseAsync(Task change)
    {
        try
        {
            await change;
        }
        catch (ReferenceValueException e)
        {
            throw new KbsProblemException(409, ErrorTypes.Conflict, e.Message);
        }
    }

    private static KbsProblemException NotFound(string name) =>
        new(404, ErrorTypes.RvpsError, $"RVPS configuration failed: No reference value found for the given id: {name}");
}
