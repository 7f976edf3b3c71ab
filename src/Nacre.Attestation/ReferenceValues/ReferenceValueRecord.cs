using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>
/// Everything that is kept of one name: the value that counts, the one that waits, and what happened to both. Staged, then active, then revoked;
/// what was revoked does not come back, whoever's signature it carries, until the name is deleted.
/// </summary>
/// <param name="Name">Of the value.</param>
/// <param name="Active">Null when nothing counts.</param>
/// <param name="Staged">Null when nothing waits.</param>
/// <param name="Events">The oldest first; the newest <see cref="MaxEvents"/>, and of the others the revocations before all else.</param>
public sealed record ReferenceValueRecord(
    string Name, ReferenceValue? Active, ReferenceValue? Staged, IReadOnlyList<ReferenceValueEvent> Events)
{
    private const int MaxEvents = 50;
    private const int MaxBytes = 8 * 1024 * 1024;
    private const string Structure = "reference-value.history";

    /// <summary><c>active</c>, <c>expired</c>, <c>staged</c>, <c>revoked</c> or <c>deleted</c>: the first of these that it is.</summary>
    public string StateAt(DateTimeOffset at) =>
        Active is not null ? (at < Active.Expiration ? "active" : "expired")
        : Staged is not null ? ReferenceValueEvent.Staged
        : Events.Count > 0 ? Events[^1].Kind : ReferenceValueEvent.Deleted;

    internal ReferenceValueRecord Register(ReferenceValue value, ReferenceValueChange change, bool isStaged)
    {
        RequireNotRevoked(value);
        return isStaged
            ? Add(ReferenceValueEvent.Staged, change, value) with { Staged = value }
            : Add(ReferenceValueEvent.Registered, change, value) with { Active = value };
    }

    internal ReferenceValueRecord Activate(ReferenceValueChange change)
    {
        var value = Staged ?? throw new ReferenceValueException($"there is no staged reference value '{Name}'");
        if (change.At >= value.Expiration)
            throw new ReferenceValueException($"the staged reference value '{Name}' has expired at {value.Expiration:u}");

        RequireNotRevoked(value);
        return Add(ReferenceValueEvent.Activated, change, value) with { Active = value, Staged = null };
    }

    /// <param name="item">The one of the allowed values that is revoked; null for all of them.</param>
    /// <param name="change">Who and why.</param>
    internal ReferenceValueRecord Revoke(JsonNode? item, ReferenceValueChange change)
    {
        var value = Active ?? Staged ?? throw new ReferenceValueException($"there is no reference value '{Name}'");
        if (item is null)
            return Add(ReferenceValueEvent.Revoked, change, value) with { Active = null, Staged = null };

        if (value.Value is not JsonArray allowed || !allowed.Any(one => JsonNode.DeepEquals(one, item)))
            throw new ReferenceValueException($"the reference value '{Name}' does not allow {item.ToJsonString()}");

        var revoked = Add(ReferenceValueEvent.Revoked, change, value with { Value = new JsonArray(item.DeepClone()) });
        return revoked with { Active = Without(Active, item), Staged = Without(Staged, item) };
    }

    internal ReferenceValueRecord Delete(ReferenceValueChange change) =>
        Add(ReferenceValueEvent.Deleted, change, Active ?? Staged ?? Events[^1].Value) with { Active = null, Staged = null };

    /// <summary>What is kept beside the active value, which is kept where upstream has it.</summary>
    internal byte[] ToUtf8()
    {
        var json = new JsonObject
        {
            ["staged"] = Staged?.ToJson(),
            ["events"] = new JsonArray([.. Events.Select(one => one.ToJson())]),
        };
        var bytes = JsonText.Utf8(json);
        return bytes.Length <= MaxBytes || Events.Count == 1 ? bytes : (this with { Events = Fewer(Events) }).ToUtf8();
    }

    internal static ReferenceValueRecord Parse(string name, ReferenceValue? active, byte[]? utf8)
    {
        if (utf8 is null)
            return new(name, active, null, active is null ? [] : [Before(active)]);

        using var document = StrictJson.Parse(utf8, Structure, 2 * MaxBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        return new(
            name, active, fields.FindObject("staged") is { } staged ? ReferenceValue.Read(staged) : null,
            [.. fields.Array("events").Select(one => ReferenceValueEvent.Read(new JsonFields(Structure, one)))]);
    }

    // A value that was kept before its history was.
    private static ReferenceValueEvent Before(ReferenceValue value) =>
        new(ReferenceValueEvent.Registered, new("unknown", DateTimeOffset.UnixEpoch, "was there before its history"), value);

    private ReferenceValueRecord Add(string kind, ReferenceValueChange change, ReferenceValue value)
    {
        List<ReferenceValueEvent> events = [.. Events, new(kind, change, value)];
        while (events.Count > MaxEvents)
            events = Fewer(events);
        return this with { Events = events };
    }

    private static List<ReferenceValueEvent> Fewer(IReadOnlyList<ReferenceValueEvent> events)
    {
        var fewer = events.ToList();
        fewer.RemoveAt(Math.Max(0, fewer.FindIndex(one => one.Kind != ReferenceValueEvent.Revoked)));
        return fewer;
    }

    private static ReferenceValue? Without(ReferenceValue? value, JsonNode item)
    {
        if (value?.Value is not JsonArray allowed)
            return value;

        var rest = allowed.Where(one => !JsonNode.DeepEquals(one, item)).Select(one => one?.DeepClone()).ToArray();
        return rest.Length == 0 ? null : value with { Value = new JsonArray(rest) };
    }

    private void RequireNotRevoked(ReferenceValue value)
    {
        var since = Events.Skip(1 + Events.ToList().FindLastIndex(one => one.Kind == ReferenceValueEvent.Deleted));
        foreach (var revoked in since.Where(one => one.Kind == ReferenceValueEvent.Revoked))
        {
            if (Items(value.Value).FirstOrDefault(item => Items(revoked.Value.Value).Any(other => JsonNode.DeepEquals(item, other))) is { } item)
            {
                throw new ReferenceValueException(
                    $"{item.ToJsonString()} of the reference value '{Name}' was revoked at {ReferenceValue.Text(revoked.Change.At)} by "
                    + $"{revoked.Change.Author}; if it is good again, delete the name first");
            }
        }
    }

    private static JsonArray Items(JsonNode? value) => value as JsonArray ?? new JsonArray(value?.DeepClone());
}

/// <summary>A change that the state of a reference value does not allow; the message says why.</summary>
public sealed class ReferenceValueException(string message) : Exception(message);
