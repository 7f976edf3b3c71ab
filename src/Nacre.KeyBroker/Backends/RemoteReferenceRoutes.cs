using System.Text;
using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Backends;

/// <summary>
/// Upstream's reference value routes (trust.md 1.11), passed on to a service elsewhere. Its contract cannot list or delete; the routes for
/// that say so.
/// </summary>
internal sealed class RemoteReferenceRoutes(IRemoteReferences remote)
{
    private const int MaxValueBytes = 2 * 1024 * 1024;

    public IEnumerable<Route> Create()
    {
        yield return new("POST", "kbs/v0/reference-value", Access.WritePolicy, AddAsync);
        yield return new("GET", "kbs/v0/reference-value/{**id}", Access.View, GetAsync);
        yield return new("GET", "kbs/v0/admin/reference-values", Access.View, RefuseAsync);
        yield return new("GET", "kbs/v0/admin/reference-values/{name}", Access.View, RefuseAsync);
        yield return new("DELETE", "kbs/v0/admin/reference-values/{name}", Access.WritePolicy, RefuseAsync);
    }

    private async ValueTask<KbsReply> AddAsync(KbsCall call, CancellationToken cancel)
    {
        using (StrictJson.Parse(call.Body, "reference-value", KbsProtocol.MaxMessageBytes))
            await remote.RegisterAsync(Encoding.UTF8.GetString(call.Body.Span), cancel);
        return KbsReply.OfJson([]);
    }

    private async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var text = await remote.QueryAsync(call["id"], cancel) ?? throw new KbsProblemException(
            404, ErrorTypes.RvpsError, $"RVPS configuration failed: No reference value found for the given id: {call["id"]}");
        var bytes = Encoding.UTF8.GetBytes(text);
        using (StrictJson.Parse(bytes, "reference-value", MaxValueBytes))
            return KbsReply.OfJson(bytes);
    }

    private static ValueTask<KbsReply> RefuseAsync(KbsCall call, CancellationToken cancel) => throw new KbsProblemException(
        501, ErrorTypes.RvpsError, "reference values are kept by another service, which lets them only be registered and asked for by name");
}
