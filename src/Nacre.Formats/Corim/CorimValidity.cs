using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>When something may be used: from <paramref name="NotBefore"/> to <paramref name="NotAfter"/>, both included; null is without limit.</summary>
public sealed record CorimValidity(DateTimeOffset? NotBefore, DateTimeOffset? NotAfter)
{
    private const ulong EpochTag = 1;

    public static CorimValidity Always { get; } = new(null, null);

    public bool Covers(DateTimeOffset at) => !(at < NotBefore) && !(at > NotAfter);

    internal static CorimValidity Parse(CborMap map) =>
        new(Time(map, "0"), Time(map, "1") ?? throw map.Malformed("1", "is missing"));

    private static DateTimeOffset? Time(CborMap map, string label)
    {
        if (!map.TryRead(label, out var reader))
            return null;
        if (reader.Tag(label) != EpochTag)
            throw reader.Malformed(label, "must be a time (tag 1)");

        var seconds = reader.Integer(label);
        return seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : throw reader.Malformed(label, "is not between the years 1970 and 9999");
    }
}
