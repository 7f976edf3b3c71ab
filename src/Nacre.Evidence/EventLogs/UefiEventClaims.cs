using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.EventLogs;

namespace Nacre.Evidence.EventLogs;

/// <summary>The claim <c>uefi_event_logs</c>: a replayed log for policies, name for name as upstream writes it (trust.md 3.10).</summary>
public static class UefiEventClaims
{
    /// <summary>One entry for each event. A policy must not trust the data of an entry whose <c>digest_matches_event</c> is false.</summary>
    public static JsonArray Create(TcgEventLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [.. log.Events.Select(@event => (JsonNode)Entry(@event))];
    }

    private static JsonObject Entry(TcgEvent @event) => new()
    {
        ["details"] = Details(@event),
        ["digest_matches_event"] = @event.DigestMatchesData,
        ["digests"] = new JsonArray([.. @event.Digests.Select(digest => (JsonNode)new JsonObject
        {
            ["alg"] = digest.Hash.ClaimName,
            ["digest"] = Convert.ToHexStringLower(digest.Value.Span),
        })]),
        ["event"] = Convert.ToBase64String(@event.Data.Span),
        ["index"] = @event.Register,
        ["type_name"] = TcgEventType.Name(@event.Type),
    };

    private static JsonObject Details(TcgEvent @event)
    {
        try
        {
            return UefiEventDetails.Parse(@event.Type, @event.Data.Span);
        }
        catch (MalformedDataException)
        {
            // The digest is what counts; data that does not parse has no details.
            return [];
        }
    }
}
