using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.ReferenceValues;

/// <summary>Upstream's reference value routes (trust.md 1.11), and ours to list and delete.</summary>
public sealed class ReferenceValueRoutes(ReferenceValueStore references, ReferenceValueTrust trust, TimeProvider clock)
{
    public IEnumerable<Route> Create()
    {
        yield return new("POST", "kbs/v0/reference-value", Access.WritePolicy, AddAsync);
        yield return new("GET", "kbs/v0/reference-value/{**id}", Access.View, GetAsync);
        yield return new("GET", "kbs/v0/admin/reference-values", Access.View, ListAsync);
        yield return new("GET", "kbs/v0/admin/reference-values/{name}", Access.View, DescribeAsync);
        yield return new("DELETE", "kbs/v0/admin/reference-values/{name}", Access.WritePolicy, DeleteAsync);
    }

    private async ValueTask<KbsReply> AddAsync(KbsCall call, CancellationToken cancel)
    {
        await references.RegisterAsync(ReferenceValueMessage.Parse(call.Body, trust, clock.GetUtcNow()), cancel);
        return KbsReply.OfJson([]);
    }

    private async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var found = await FindAsync(call["id"], cancel);
        return KbsReply.OfJson(found.Value is null ? "null"u8.ToArray() : JsonText.Utf8(found.Value));
    }

    private async ValueTask<KbsReply> DescribeAsync(KbsCall call, CancellationToken cancel) =>
        KbsReply.Of((await FindAsync(call["name"], cancel)).ToJson());

    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) => KbsReply.Of(new JsonObject
    {
        ["reference-values"] = new JsonArray([.. (await references.SnapshotAsync(cancel)).All.Select(value => value.ToJson())]),
    });

    private async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel) =>
        await references.DeleteAsync(call["name"], cancel) ? KbsReply.Empty : throw NotFound(call["name"]);

    private async ValueTask<ReferenceValue> FindAsync(string name, CancellationToken cancel) =>
        (await references.SnapshotAsync(cancel)).Find(name, clock.GetUtcNow()) ?? throw NotFound(name);

    private static KbsProblemException NotFound(string name) =>
        new(404, ErrorTypes.RvpsError, $"RVPS configuration failed: No reference value found for the given id: {name}");
}
