using Nacre.Formats;

namespace Nacre.Images.Signatures.Notation;

/// <summary>The members of a signed header before any rule was applied.</summary>
internal sealed record NotationHeader(string Structure)
{
    public required string ContentType { get; init; }
    public required IReadOnlyList<string> Critical { get; init; }
    public string? Scheme { get; init; }
    public DateTimeOffset? SigningTime { get; init; }
    public DateTimeOffset? AuthenticSigningTime { get; init; }
    public DateTimeOffset? Expiry { get; init; }
    public string? Plugin { get; init; }

    public MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}
