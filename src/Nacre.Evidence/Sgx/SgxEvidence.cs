using Nacre.Evidence.Dcap;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Sgx;

/// <summary>The evidence of TEE <c>sgx</c> on the wire (evidence.md 3.2): <c>{"quote":"&lt;base64&gt;"}</c>.</summary>
public sealed record SgxEvidence(DcapQuote Quote)
{
    public const int MaxSize = 128 * 1024;

    private const string Structure = "sgx.evidence";

    /// <exception cref="MalformedDataException">The text is no such evidence, or its quote is of another TEE.</exception>
    public static SgxEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("quote");
        return new(ParseQuote(root.Base64("quote", DcapQuote.MaxSize)));
    }

    /// <summary>The same for a quote in its binary form.</summary>
    /// <exception cref="MalformedDataException">As above.</exception>
    public static DcapQuote ParseQuote(ReadOnlyMemory<byte> raw)
    {
        var quote = DcapQuote.Parse(raw);
        return quote.TeeType == DcapQuote.Sgx ? quote : throw new MalformedDataException(Structure, "quote.tee_type", 4, "is TDX, must be SGX");
    }
}
