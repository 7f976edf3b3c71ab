using System.Text;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.Formats.X509;

namespace Nacre.Attestation.ReferenceValues.Slsa;

/// <summary>Content of a type, signed (DSSE 1.0). Reading it proves nothing. Key ids are hints and are not looked at.</summary>
internal sealed class DsseEnvelope
{
    private const string Structure = "dsse";
    private const int MaxSignatures = 16;
    private const int MaxSignature = 1024;

    private readonly byte[] _signed;
    private readonly List<(byte[] Signature, IReadOnlyList<Certificate> Certificates)> _signatures;

    private DsseEnvelope(string type, byte[] payload, List<(byte[], IReadOnlyList<Certificate>)> signatures)
    {
        (PayloadType, Payload, _signatures) = (type, payload, signatures);

        // The pre-authentication encoding of the protocol: lengths and then what they are of, so that nothing can be moved from one to the other.
        var length = Encoding.UTF8.GetByteCount(type);
        _signed = [.. Encoding.UTF8.GetBytes($"DSSEv1 {length} {type} {payload.Length} "), .. payload];
    }

    public string PayloadType { get; }

    public byte[] Payload { get; }

    /// <exception cref="MalformedDataException">It is no such envelope.</exception>
    public static DsseEnvelope Parse(byte[] utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        fields.Only("payloadType", "payload", "signatures");
        var signatures = new List<(byte[], IReadOnlyList<Certificate>)>();
        foreach (var entry in fields.Array("signatures", MaxSignatures).Select(one => new JsonFields("dsse.signature", one)))
        {
            // The member cert is not of the protocol; builders of SLSA add it.
            entry.Only("keyid", "sig", "cert");
            var certificates = entry.FindText("cert") is { Length: > 0 } pem ? PemCertificates.Parse(pem) : [];
            signatures.Add((Decode(entry, "sig", MaxSignature), certificates));
        }

        return signatures.Count > 0
            ? new(fields.Text("payloadType", 256), Decode(fields, "payload", ReferenceValueMessage.MaxBytes), signatures)
            : throw fields.Malformed("signatures", "is empty");
    }

    public IReadOnlyList<ShownSignature> Signatures =>
        [.. _signatures.Select(one => new ShownSignature(one.Certificates, key => key.Verify(_signed, one.Signature)))];

    // Section 2: either alphabet; with padding or without.
    private static byte[] Decode(JsonFields fields, string name, int max)
    {
        var text = fields.Text(name, (max + 2) / 3 * 4).Replace('+', '-').Replace('/', '_').TrimEnd('=');
        return Base64UrlText.TryDecode(text, out var bytes) ? bytes : throw fields.Malformed(name, "must be base64");
    }
}
