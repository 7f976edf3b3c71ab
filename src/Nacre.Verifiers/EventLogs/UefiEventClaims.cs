using System.Text.Json.Nodes;
using Nacre.Evidence.EventLogs;
using Nacre.Formats.EventLogs;

namespace Nacre.Verifiers.EventLogs;

/// <summary>
/// One event of the claim <c>uefi_event_logs</c>: a replayed log for policies (trust.md 3.10). Its data is a fact only if
/// <see cref="DigestMatchesEvent"/> is true.
/// </summary>
public sealed record UefiEventClaims
{
    /// <summary>What the data says, as far as its type is known.</summary>
    public required UefiEventDetails Details { get; init; }

    /// <summary>Whether every digest is that of the data.</summary>
    public required bool DigestMatchesEvent { get; init; }

    /// <summary>What the register was extended with, by the name of the hash.</summary>
    public required IReadOnlyList<(string Algorithm, byte[] Digest)> Digests { get; init; }

    /// <summary>The data.</summary>
    public required byte[] Event { get; init; }

    /// <summary>The register that was extended.</summary>
    public required uint Index { get; init; }

    /// <summary>See <see cref="TcgEventType"/>.</summary>
    public required uint Type { get; init; }

    /// <summary>One entry for each event, in their order.</summary>
    public static IReadOnlyList<UefiEventClaims> Create(TcgEventLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [.. log.Events.Select(Create)];
    }

    /// <summary>With upstream's names.</summary>
    public JsonObject ToJson() => Schemas.Claim<UefiEventClaims>.ToJson(UefiEventClaimList.All, this);

    private static UefiEventClaims Create(TcgEvent @event) => new()
    {
        Details = UefiEventDetails.Read(@event.Type, @event.Data.Span),
        DigestMatchesEvent = @event.DigestMatchesData,
        Digests = [.. @event.Digests.Select(digest => (digest.Hash.ClaimName, digest.Value.ToArray()))],
        Event = @event.Data.ToArray(),
        Index = @event.Register,
        Type = @event.Type,
    };
}
