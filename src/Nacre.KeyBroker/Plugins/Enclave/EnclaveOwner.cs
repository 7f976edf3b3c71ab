using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Http;
using Nacre.Storage;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>What owners do with their secrets. They never read one.</summary>
internal sealed class EnclaveOwner(EnclaveStore store, TimeProvider clock)
{
    private const string Structure = "enclave";

    /// <summary><c>{"secrets":[{"name","kind","version","expires"}]}</c>.</summary>
    public async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel)
    {
        var rows = new JsonArray();
        foreach (var name in (await store.ListAsync(cancel)).Where(name => call.Admin!.Covers(name.Path)))
        {
            if (await store.FindAsync(name, cancel) is not { } found)
                continue;
            using var secret = found.Secret;
            rows.Add((JsonNode)new JsonObject
            {
                ["name"] = name.Path,
                ["kind"] = secret.Specification.Kind,
                ["version"] = secret.Current.Number,
                ["expires"] = secret.Specification.Expires is { } at ? EnclaveSpecification.Text(at) : null,
            });
        }

        return KbsReply.Of(new JsonObject { ["secrets"] = rows });
    }

    public async ValueTask<KbsReply> CreateAsync(KbsCall call, CancellationToken cancel)
    {
        var name = EnclaveName.Of(call);
        using var document = StrictJson.Parse(call.Body, Structure, KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        var specification = EnclaveSpecification.Parse(fields, "data");
        specification.RequireKnownClaims();
        if ((await store.ListAsync(cancel)).Count >= EnclaveStore.MaxSecrets)
            throw Conflict($"there are {EnclaveStore.MaxSecrets} secrets; delete those that are not needed");

        var now = clock.GetUtcNow();
        using var authority = await FindAuthorityAsync(name, specification, now, cancel);
        using var secret = new EnclaveSecret(
            name, specification, now, call.Subject.Name,
            [EnclaveMaker.Make(specification, Data(fields, specification), authority?.Current, 1, now)]);
        return await store.SetAsync(secret, WriteCondition.MustNotExist, cancel)
            ? KbsReply.Of(secret.Describe()) : throw Conflict($"{name} is there already; rotate it, or delete it first");
    }

    public async ValueTask<KbsReply> ShowAsync(KbsCall call, CancellationToken cancel)
    {
        var (secret, _) = await RequireAsync(EnclaveName.Of(call), cancel);
        using (secret)
            return KbsReply.Of(secret.Describe());
    }

    public async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel)
    {
        var name = EnclaveName.Of(call);
        return await store.DeleteAsync(name, cancel)
            ? KbsReply.Of(new JsonObject { ["deleted"] = name.Path }) : throw NotFound(name);
    }

    /// <summary>A new version; former ones stay for what they encrypted, or only the newest <c>keep</c>.</summary>
    public async ValueTask<KbsReply> RotateAsync(KbsCall call, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(call.Body.IsEmpty ? "{}"u8.ToArray() : call.Body, Structure, KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        fields.Only("data", "keep", "expires");
        var keep = Keep(fields);

        var (secret, unchanged) = await RequireAsync(EnclaveName.Of(call), cancel);
        using var former = secret;
        var kept = keep is { } count ? secret.Versions.TakeLast(count - 1).ToList() : secret.Versions;
        if (kept.Count == EnclaveStore.MaxVersions)
            throw Conflict($"{secret.Name} has {kept.Count} versions, and no more are kept; say with keep how many are still needed");

        var now = clock.GetUtcNow();
        var specification = secret.Specification;
        if (EnclaveSpecification.ParseExpiry(fields) is { } expires)
            specification = specification with { Expires = expires };
        using var authority = await FindAuthorityAsync(secret.Name, specification, now, cancel);
        var made = EnclaveMaker.Make(specification, Data(fields, specification), authority?.Current, secret.Current.Number + 1, now);
        return await ReplaceAsync(secret with { Specification = specification, Versions = [.. kept, made] }, unchanged, cancel);
    }

    /// <summary>Other programs, such as the next release of the application, get the secret from now on; versions stay.</summary>
    public async ValueTask<KbsReply> SetIdentitiesAsync(KbsCall call, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(call.Body, Structure, KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        fields.Only("identities", "expires");
        var (secret, unchanged) = await RequireAsync(EnclaveName.Of(call), cancel);
        using var former = secret;
        var specification = secret.Specification with
        {
            Identities = EnclaveSpecification.ParseIdentities(fields, secret.Specification.Kind),
            Expires = EnclaveSpecification.ParseExpiry(fields) ?? secret.Specification.Expires,
        };
        specification.RequireKnownClaims();
        return await ReplaceAsync(secret with { Specification = specification }, unchanged, cancel);
    }

    /// <summary>
    /// Key or certificates of the newest version, for whoever talks to the program. What has none is as absent as what is not there.
    /// </summary>
    public async ValueTask<KbsReply> GetPublicAsync(KbsCall call, CancellationToken cancel)
    {
        var name = EnclaveName.Of(call);
        if (await store.FindAsync(name, cancel) is not { } found)
            throw KbsProblemException.NotFound($"there is no public part of {name}");
        using var secret = found.Secret;
        return secret.Current.Public is { } pem
            ? new KbsReply { ContentType = "application/x-pem-file", Body = Encoding.ASCII.GetBytes(pem) }
            : throw KbsProblemException.NotFound($"there is no public part of {name}");
    }

    private async ValueTask<KbsReply> ReplaceAsync(EnclaveSecret secret, WriteCondition unchanged, CancellationToken cancel)
    {
        using (secret)
        {
            return await store.SetAsync(secret, unchanged, cancel)
                ? KbsReply.Of(secret.Describe()) : throw Conflict($"{secret.Name} was changed meanwhile; look at it and try again");
        }
    }

    private async ValueTask<(EnclaveSecret Secret, WriteCondition Unchanged)> RequireAsync(EnclaveName name, CancellationToken cancel) =>
        await store.FindAsync(name, cancel) ?? throw NotFound(name);

    private async ValueTask<EnclaveSecret?> FindAuthorityAsync(
        EnclaveName name, EnclaveSpecification specification, DateTimeOffset now, CancellationToken cancel)
    {
        if (specification.AuthorityName is not { } authority)
            return null;

        var place = name with { Name = authority };
        if (await store.FindAsync(place, cancel) is not { } found)
            throw KbsProblemException.Malformed($"{place}, the authority of {name}, is not there");
        if (found.Secret.Specification.Kind == EnclaveSpecification.Authority
            && found.Secret.Current.Created.AddDays(found.Secret.Specification.Days) > now)
            return found.Secret;

        found.Secret.Dispose();
        throw KbsProblemException.Malformed($"{place} is no authority, or its certificate has ended; rotate it");
    }

    private static byte[] Data(JsonFields fields, EnclaveSpecification specification)
    {
        if (specification.Kind == EnclaveSpecification.Data)
            return fields.Base64("data", EnclaveSpecification.MaxDataBytes);
        return fields.Find("data") is null ? [] : throw fields.Malformed("data", $"is made by the server for kind {specification.Kind}");
    }

    private static int? Keep(JsonFields fields)
    {
        if (fields.Find("keep") is not { } keep)
            return null;
        return keep.ValueKind == JsonValueKind.Number && keep.TryGetInt32(out var count) && count is >= 1 and <= EnclaveStore.MaxVersions
            ? count : throw fields.Malformed("keep", $"must be 1 to {EnclaveStore.MaxVersions}, the new version among them");
    }

    private static KbsProblemException Conflict(string detail) => new(409, ErrorTypes.Conflict, detail);

    private static KbsProblemException NotFound(EnclaveName name) => KbsProblemException.NotFound($"there is no enclave secret {name}");
}
