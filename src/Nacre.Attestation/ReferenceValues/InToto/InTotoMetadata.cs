using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>A document with its signatures (in-toto specification 0.9, section 4.2). Reading it proves nothing.</summary>
internal sealed class InTotoMetadata
{
    public const int MaxBytes = 2 * 1024 * 1024;
    private const int MaxSignature = 1024;

    private readonly byte[] _canonical;
    private readonly List<byte[]> _signatures;

    private InTotoMetadata(JsonElement signed, List<byte[]> signatures)
    {
        Signed = new JsonFields("in-toto.signed", signed);
        Type = Signed.Text("_type", 32);
        (_canonical, _signatures) = (InTotoCanonicalJson.Write(signed), signatures);
    }

    /// <summary><c>layout</c> or <c>link</c>.</summary>
    public string Type { get; }

    public JsonFields Signed { get; }

    /// <exception cref="MalformedDataException">It is no such document.</exception>
    public static InTotoMetadata Parse(byte[] utf8)
    {
        using var document = StrictJson.Parse(utf8, "in-toto", MaxBytes);
        var fields = new JsonFields("in-toto", document.RootElement.Clone());
        fields.Only("signed", "signatures");
        var signatures = fields.Objects("signatures", "in-toto.signature").Select(one => one.Hex("sig", MaxSignature));
        return new(fields.Any("signed"), [.. signatures]);
    }

    /// <summary>Whether the key signed this. The ids of keys beside signatures are hints, and nothing is decided by them.</summary>
    public bool IsSignedBy(SupplyChainKey key) => _signatures.Exists(signature => key.Verify(_canonical, signature));
}
