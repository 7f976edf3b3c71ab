using Nacre.Evidence.Dcap;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Tdx;

/// <summary>The evidence of TEE <c>tdx</c> on the wire (evidence.md 4.2): <c>{"cc_eventlog":"&lt;base64&gt;"|null,"quote":"&lt;base64&gt;"}</c>.</summary>
/// <param name="Quote">The quote.</param>
/// <param name="EventLog">The log of measured events, as the firmware and the guest wrote it; null when there is none.</param>
public sealed record TdxEvidence(DcapQuote Quote, byte[]? EventLog)
{
    public const int MaxSize = 2 * 1024 * 1024;

    private const string Structure = "tdx.evidence";
    private const int MaxLogSize = 1024 * 1024;

    /// <exception cref="MalformedDataException">The text is no such evidence, or its quote is of another TEE.</exception>
    public static TdxEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("quote", "cc_eventlog");
        var log = root.Find("cc_eventlog") is null ? null : root.Base64("cc_eventlog", MaxLogSize);
        return new(ParseQuote(root.Base64("quote", DcapQuote.MaxSize)), log is { Length: > 0 } ? log : null);
    }

    /// <summary>The same for a quote in its binary form.</summary>
    /// <exception cref="MalformedDataException">As above.</exception>
    public static DcapQuote ParseQuote(ReadOnlyMemory<byte> raw)
    {
        var quote = DcapQuote.Parse(raw);
        return quote.TeeType == DcapQuote.Tdx ? quote : throw new MalformedDataException(Structure, "quote.tee_type", 4, "is SGX, must be TDX");
    }
}
