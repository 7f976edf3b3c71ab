using System.Globalization;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.Dsse;

/// <summary>A Dead Simple Signing Envelope (DSSE 1.0): what it holds is read only after a key that is believed signed it.</summary>
internal static class DsseEnvelope
{
    private const string Structure = "dsse";
    private const int MaxSignature = 1024;

    /// <exception cref="MalformedDataException">It is no such envelope, of another type, or none of the keys signed it.</exception>
    public static byte[] Open(byte[] utf8, string payloadType, IReadOnlyList<SupplyChainKey> keys)
    {
        using var document = StrictJson.Parse(utf8, Structure, ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        fields.Only("payloadType", "payload", "signatures");
        if (fields.Text("payloadType", 256) != payloadType)
            throw fields.Malformed("payloadType", $"must be {payloadType}");

        var payload = fields.Base64("payload", ReferenceValueMessage.MaxBytes);
        var header = string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} ");
        byte[] signed = [.. Encoding.UTF8.GetBytes(header), .. payload];
        var signatures = fields.Objects("signatures", "dsse.signature").Take(16).Select(one => one.Base64("sig", MaxSignature)).ToList();
        return keys.Any(key => signatures.Exists(signature => key.Verify(signed, signature)))
            ? payload : throw fields.Malformed("signatures", $"are of none of the {keys.Count} keys that are configured");
    }
}
