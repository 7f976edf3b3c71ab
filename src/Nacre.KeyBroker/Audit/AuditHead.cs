using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Audit;

/// <summary>Where a chain stands after one of its lines.</summary>
/// <param name="Segment">Number of the file that has the line, from 1; 0 before the first.</param>
/// <param name="Sequence">Of the line, from 1; 0 before the first.</param>
/// <param name="Hash">SHA-256 of the line and, through it, of all before.</param>
public sealed record AuditHead(int Segment, long Sequence, byte[] Hash)
{
    private const int MaxBytes = 512;

    public static AuditHead Start { get; } = new(0, 0, new byte[AuditLine.HashSize]);

    public bool IsSame(AuditHead other) => Sequence == other.Sequence && Hash.AsSpan().SequenceEqual(other.Hash);

    public JsonObject ToJson() => new()
    {
        ["segment"] = Segment,
        ["seq"] = Sequence,
        ["hash"] = Convert.ToHexStringLower(Hash),
    };

    public byte[] ToUtf8() => JsonText.Utf8(ToJson());

    /// <exception cref="MalformedDataException">It is no head.</exception>
    public static AuditHead Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "audit.head", MaxBytes);
        var fields = new JsonFields("audit.head", document.RootElement);
        var hash = fields.Text("hash", 2 * AuditLine.HashSize);
        return fields.Any("segment").TryGetInt32(out var segment) && fields.Any("seq").TryGetInt64(out var sequence)
            && hash.Length == 2 * AuditLine.HashSize && hash.All(char.IsAsciiHexDigitLower)
            ? new AuditHead(segment, sequence, Convert.FromHexString(hash))
            : throw fields.Malformed("hash", "must be 32 bytes in hex beside two numbers");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"line {Sequence} of the chain, in segment {Segment}");
}
