using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.KeyBroker.Releases;

namespace Nacre.KeyBroker.Resources;

/// <summary>Releases secrets by path; administrators set, delete and list them.</summary>
public sealed class ResourceService(ResourceStore resources, ResourceBackends backends, ReleaseGate gate)
{
    public async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        var request = new ReleaseRequest("resource", uri.Path.Split('/'), call.Query);
        var claims = await gate.RequireAsync(call, request, cancel);

        var secret = await FindAsync(uri, claims, request, cancel) ?? throw KbsProblemException.NotFound($"there is no resource {uri}");
        try
        {
            return gate.Encrypt(claims, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    public async ValueTask<KbsReply> PutAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        if (!await backends.TrySetAsync(uri, call.Body, cancel))
            await resources.SetAsync(uri, call.Body, cancel);
        return KbsReply.Empty;
    }

    public async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        return await backends.TryDeleteAsync(uri, cancel) ?? await resources.DeleteAsync(uri, cancel)
            ? KbsReply.Empty : throw KbsProblemException.NotFound($"there is no resource {uri}");
    }

    public async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) => KbsReply.Of(new JsonObject
    {
        ["resources"] = new JsonArray([.. (await resources.ListAsync(cancel)).Where(found => call.Admin!.Covers(found.Path)).Select(found =>
            new JsonObject { ["path"] = found.Path, ["bytes"] = found.Bytes, ["version"] = found.Version })]),
    });

    private async ValueTask<byte[]?> FindAsync(ResourceUri uri, JsonObject claims, ReleaseRequest request, CancellationToken cancel)
    {
        if (backends.For(uri) is not { } backend)
            return await resources.FindAsync(uri, cancel);
        try
        {
            return await backend.FindAsync(uri, cancel);
        }
        catch (BackendException e)
        {
            throw await gate.FailAsync(claims, request, e, cancel);
        }
    }

    private static ResourceUri Parse(KbsCall call) =>
        ResourceUri.TryParsePath(call["path"], out var uri, out var problem)
            ? uri : throw KbsProblemException.InvalidPath($"resource/{call["path"]}", problem);
}
