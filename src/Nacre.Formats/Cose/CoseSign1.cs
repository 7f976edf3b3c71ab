using Nacre.Formats.Cbor;
using Nacre.Formats.X509;

namespace Nacre.Formats.Cose;

/// <summary>
/// A message with one signer (RFC 9052, section 4.2): <c>[protected, unprotected, payload, signature]</c>. The algorithm is taken from the
/// protected header and from nowhere else. Reading it proves nothing.
/// </summary>
public sealed class CoseSign1
{
    private const ulong Tag = 18;
    private const int MaxHeader = 4096;
    private const int MaxHeaderEntries = 32;
    private const string AlgorithmLabel = "1";
    private const string CriticalLabel = "2";

    private readonly ReadOnlyMemory<byte> _protected;

    private CoseSign1(ReadOnlyMemory<byte> header, CoseAlgorithm algorithm, ReadOnlyMemory<byte> payload, int payloadOffset, ReadOnlyMemory<byte> signature) =>
        (_protected, Algorithm, Payload, PayloadOffset, Signature) = (header, algorithm, payload, payloadOffset, signature);

    public CoseAlgorithm Algorithm { get; }

    /// <summary>The map of the protected header, as it was signed.</summary>
    public ReadOnlyMemory<byte> ProtectedHeader => _protected;

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Where the payload begins in the whole, for messages.</summary>
    public int PayloadOffset { get; }

    public ReadOnlyMemory<byte> Signature { get; }

    /// <param name="structure">What is read, for messages.</param>
    /// <param name="bytes">One message, with tag 18 or without a tag, and nothing after it.</param>
    /// <param name="maxPayload">A longer payload is refused.</param>
    /// <param name="baseOffset">Where the bytes begin in the whole, for messages.</param>
    /// <exception cref="MalformedDataException">It is no such message, or its algorithm is not accepted.</exception>
    public static CoseSign1 Parse(string structure, ReadOnlyMemory<byte> bytes, int maxPayload, int baseOffset = 0)
    {
        var reader = new CborReader(structure, bytes.Span, baseOffset);
        if (reader.Peek("(tag)") == CborType.Tag && reader.Tag("(tag)") is not Tag and var tag)
            throw reader.Malformed("(tag)", $"is {tag}, must be 18 (COSE_Sign1)");
        if (reader.Array("(message)", 4) != 4)
            throw reader.Malformed("(message)", "must have four parts");

        var header = Slice(bytes, ref reader, "protected", MaxHeader);
        var fields = CborMap.Parse($"{structure}.protected", header.Bytes, MaxHeaderEntries, baseOffset + header.Offset);
        var id = fields.Integer(AlgorithmLabel);
        var algorithm = CoseAlgorithm.Find(id)
            ?? throw fields.Malformed(AlgorithmLabel, $"is {id}, not one of -7 (ES256), -35 (ES384), -36 (ES512)");
        if (fields.Has(CriticalLabel))
            throw fields.Malformed(CriticalLabel, "names headers that must be understood, and none is");

        var start = reader.Offset;
        reader.Item("unprotected");
        var unprotected = CborMap.Parse($"{structure}.unprotected", bytes[start..reader.Offset], MaxHeaderEntries, baseOffset + start);
        if (unprotected.Has(CriticalLabel))
            throw unprotected.Malformed(CriticalLabel, "must be in the protected header");
        if (unprotected.Labels.FirstOrDefault(fields.Has) is { } twice)
            throw unprotected.Malformed(twice, "is in the protected header already, and only there it counts");

        var payload = Slice(bytes, ref reader, "payload", maxPayload);
        var signature = Slice(bytes, ref reader, "signature", CoseAlgorithm.Es512.SignatureSize);
        if (signature.Bytes.Length != algorithm.SignatureSize)
            throw reader.Malformed("signature", $"is {signature.Bytes.Length} bytes long, {algorithm.Name} has {algorithm.SignatureSize}");

        reader.End();
        return new(header.Bytes, algorithm, payload.Bytes, baseOffset + payload.Offset, signature.Bytes);
    }

    /// <summary>Checks the signature over <c>["Signature1", protected, h'', payload]</c> (section 4.4).</summary>
    public bool Verify(VerificationKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var signed = new byte[1 + 11 + 9 + _protected.Length + 1 + 9 + Payload.Length];
        var length = 0;
        signed[length++] = 0x84;
        length += Write(signed.AsSpan(length), 0x60, "Signature1"u8);
        length += Write(signed.AsSpan(length), 0x40, _protected.Span);
        length += Write(signed.AsSpan(length), 0x40, []);
        length += Write(signed.AsSpan(length), 0x40, Payload.Span);
        return key.VerifyEcdsa(Algorithm.Hash, signed.AsSpan(0, length), Signature.Span);
    }

    private static (ReadOnlyMemory<byte> Bytes, int Offset) Slice(ReadOnlyMemory<byte> bytes, ref CborReader reader, string field, int max)
    {
        var length = reader.Bytes(field, max).Length;
        return (bytes.Slice(reader.Offset - length, length), reader.Offset - length);
    }

    private static int Write(Span<byte> output, byte type, ReadOnlySpan<byte> content)
    {
        var head = content.Length switch { < 24 => 1, < 0x100 => 2, < 0x1_0000 => 3, _ => 5 };
        output[0] = (byte)(type | (head switch { 1 => content.Length, 2 => 24, 3 => 25, _ => 26 }));
        for (var i = 1; i < head; i++)
            output[i] = (byte)(content.Length >> (8 * (head - 1 - i)));
        content.CopyTo(output[head..]);
        return head + content.Length;
    }
}
