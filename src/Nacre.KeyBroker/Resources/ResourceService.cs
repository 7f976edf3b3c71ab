using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.KeyBroker.Releases;

namespace Nacre.KeyBroker.Resources;

/// <summary>Releases secrets by path; administrators set, delete and list them.</summary>
public sealed class ResourceService(ResourceStore resources, ResourceBackends backends, ReleaseGate gate, TimeProvider clock)
{
    public async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        // Who asks is asked first: a stranger is told nothing about paths either.
        var decidedOn = (IsAsked: false, Version: (int?)null);
        var request = Describing(new("resource", call["path"].Split('/'), call.Query), detail => decidedOn = (true, detail?.Version));
        var claims = await gate.RequireAsync(call, request, cancel);
        var uri = Parse(call);
        if (backends.For(uri) is { } backend)
            return await GetAsync(backend, uri, claims, request, cancel);

        while (true)
        {
            var found = await resources.FindAsync(uri, cancel) ?? throw NotFound(uri);
            try
            {
                if (decidedOn.IsAsked && decidedOn.Version != found.Detail.Version)
                {
                    // Changed in between: policy has not seen the labels of this one.
                    decidedOn = default;
                    claims = await gate.RequireAsync(call, request, cancel);
                    continue;
                }

                if (found.Detail.Limit.Refuses(found.Detail.Released, clock.GetUtcNow()) is { } reason)
                    throw new KbsProblemException(403, ErrorTypes.ReleaseLimit, $"{uri} is not released any more: {reason}");

                // The answer is made first: one that cannot be made must not use up a release.
                var reply = gate.Encrypt(claims, found.Value) with { Tag = ResourceCondition.Tag(found.Detail.Version) };
                if (found.Detail.Limit.Most is null || await resources.TryCountAsync(found, cancel))
                    return reply;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(found.Value);
            }
        }
    }

    /// <summary>The request for a resource with what policies may see of it (<c>data.resource</c>), had they come to ask.</summary>
    public ReleaseRequest Describing(ReleaseRequest request, Action<ResourceDetail?>? seen = null)
    {
        return request.Plugin == "resource" ? request with { Describe = DescribeAsync } : request;

        async ValueTask<ResourceDetail?> DescribeAsync(CancellationToken cancel)
        {
            // What a secret manager keeps has none, and of a path that cannot be there is none.
            var detail = ResourceUri.TryParsePath(string.Join('/', request.Path), out var uri, out _) && backends.For(uri) is null
                ? await resources.DescribeAsync(uri, cancel) : null;
            seen?.Invoke(detail);
            return detail;
        }
    }

    public async ValueTask<KbsReply> PutAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        if (backends.For(uri) is not null)
        {
            ResourceHeaders.RequireNone(call, uri);
            await backends.TrySetAsync(uri, call.Body, cancel);
            return KbsReply.Empty;
        }

        var condition = ResourceCondition.Read(call);
        return await SetAsync(uri, call.Body.ToArray(), ResourceHeaders.Read(call, clock.GetUtcNow()), condition, cancel);
    }

    public async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        if (await backends.TryDeleteAsync(uri, cancel) is { } existed)
            return existed ? KbsReply.Empty : throw NotFound(uri);

        return await resources.DeleteAsync(uri, ResourceCondition.Read(call), cancel) switch
        {
            true => KbsReply.Empty,
            false => throw PreconditionFailed(uri),
            null => throw NotFound(uri),
        };
    }

    public async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) => KbsReply.Of(new JsonObject
    {
        ["resources"] = new JsonArray(
            [.. (await resources.ListAsync(cancel)).Where(found => call.Admin!.Covers(found.Path)).Select(found => Describe(found))]),
    });

    private async ValueTask<KbsReply> GetAsync(
        IResourceBackend backend, ResourceUri uri, JsonObject claims, ReleaseRequest request, CancellationToken cancel)
    {
        byte[] secret;
        try
        {
            secret = await backend.FindAsync(uri, cancel) ?? throw NotFound(uri);
        }
        catch (BackendException e)
        {
            throw await gate.FailAsync(claims, request, e, cancel);
        }

        try
        {
            return gate.Encrypt(claims, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    public async ValueTask<KbsReply> HistoryAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        var versions = await resources.HistoryAsync(uri, cancel);
        return versions.Count > 0
            ? KbsReply.Of(new JsonObject { ["versions"] = new JsonArray([.. versions.Select(version => Describe(version))]) })
            : throw NotFound(uri);
    }

    /// <summary>A former version becomes the newest, with its labels and limits; its releases are counted anew.</summary>
    public async ValueTask<KbsReply> RollBackAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        using var document = Formats.Json.StrictJson.Parse(call.Body, "kbs.rollback", KbsProtocol.MaxMessageBytes);
        var fields = new Formats.Json.JsonFields("kbs.rollback", document.RootElement);
        fields.Only("to");
        if (fields.Any("to") is not { ValueKind: System.Text.Json.JsonValueKind.Number } to || !to.TryGetInt32(out var number))
            throw fields.Malformed("to", "must be the number of a version");

        var (detail, value) = await resources.FindVersionAsync(uri, number, cancel)
            ?? throw KbsProblemException.NotFound($"there is no version {number} of {uri}; the newest {ResourceStore.KeptVersions} are kept");
        return await SetAsync(uri, value, detail with { At = clock.GetUtcNow(), Author = call.Admin?.Name }, ResourceCondition.Read(call), cancel);
    }

    private async ValueTask<KbsReply> SetAsync(
        ResourceUri uri, byte[] value, ResourceDetail detail, ResourceCondition condition, CancellationToken cancel) =>
        await resources.SetAsync(uri, value, detail, condition, cancel) is { } version
            ? KbsReply.Empty with { Tag = ResourceCondition.Tag(version) } : throw PreconditionFailed(uri);

    private static JsonObject Describe(ResourceDescription found)
    {
        var json = found.Detail.Describe();
        json["path"] = found.Path;
        json["bytes"] = found.Bytes;
        return json;
    }

    private static KbsProblemException NotFound(ResourceUri uri) => KbsProblemException.NotFound($"there is no resource {uri}");

    private static KbsProblemException PreconditionFailed(ResourceUri uri) => new(
        412, ErrorTypes.PreconditionFailed, $"{uri} is not in the version that was expected; look at its history, and try again");

    private static ResourceUri Parse(KbsCall call) =>
        ResourceUri.TryParsePath(call["path"], out var uri, out var problem)
            ? uri : throw KbsProblemException.InvalidPath($"resource/{call["path"]}", problem);
}
