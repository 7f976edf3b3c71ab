using Nacre.Formats.Cbor;
using Nacre.Formats.Ciphers;
using Nacre.Formats.X509;

namespace Nacre.Formats.Cose;

/// <summary>
/// A message with one signer (RFC 9052, section 4.2): <c>[protected, unprotected, payload, signature]</c>. The algorithm is taken from the
/// protected header and from nowhere else. Reading it proves nothing.
/// </summary>
public sealed class CoseSign1
{
    private const ulong Tag = 18;
    private const int MaxHeaderEntries = 32;
    private const int MaxLabel = 256;
    private const int LargestSignature = 512;
    private const string AlgorithmLabel = "1";
    private const string CriticalLabel = "2";

    private readonly ReadOnlyMemory<byte> _protected;

    private CoseSign1(ReadOnlyMemory<byte> header, CoseAlgorithm algorithm) => (_protected, Algorithm) = (header, algorithm);

    public CoseAlgorithm Algorithm { get; }

    /// <summary>The map of the protected header, as it was signed.</summary>
    public ReadOnlyMemory<byte> ProtectedHeader => _protected;

    /// <summary>The map of the other header, which nobody signed. No label of the protected one is in it.</summary>
    public ReadOnlyMemory<byte> UnprotectedHeader { get; private init; }

    public ReadOnlyMemory<byte> Payload { get; private init; }

    /// <summary>Where the payload begins in the whole, for messages.</summary>
    public int PayloadOffset { get; private init; }

    public ReadOnlyMemory<byte> Signature { get; private init; }

    /// <param name="structure">What is read, for messages.</param>
    /// <param name="bytes">One message, with tag 18 or without a tag, and nothing after it.</param>
    /// <param name="maxPayload">A longer payload is refused.</param>
    /// <param name="baseOffset">Where the bytes begin in the whole, for messages.</param>
    /// <param name="profile">What the message may have; that of evidence unless given.</param>
    /// <exception cref="MalformedDataException">It is no such message, or its algorithm is not accepted.</exception>
    public static CoseSign1 Parse(string structure, ReadOnlyMemory<byte> bytes, int maxPayload, int baseOffset = 0, CoseProfile? profile = null)
    {
        profile ??= CoseProfile.Evidence;
        var reader = new CborReader(structure, bytes.Span, baseOffset);
        if (reader.Peek("(tag)") == CborType.Tag && reader.Tag("(tag)") is not Tag and var tag)
            throw reader.Malformed("(tag)", $"is {tag}, must be 18 (COSE_Sign1)");
        if (reader.Array("(message)", 4) != 4)
            throw reader.Malformed("(message)", "must have four parts");

        var header = Slice(bytes, ref reader, "protected", profile.MaxHeader);
        var fields = CborMap.Parse($"{structure}.protected", header.Bytes, MaxHeaderEntries, baseOffset + header.Offset);
        var id = fields.Integer(AlgorithmLabel);
        var algorithm = profile.Find(id) ?? throw fields.Malformed(AlgorithmLabel, $"is {id}, not one of {profile}");
        if (Critical(fields).FirstOrDefault(label => !profile.Understood.Contains(label) || !fields.Has(label)) is { } unknown)
            throw fields.Malformed(CriticalLabel, $"names the header '{unknown}', which must be understood and be there");

        var start = reader.Offset;
        reader.Item("unprotected");
        var unprotectedBytes = bytes[start..reader.Offset];
        var unprotected = CborMap.Parse($"{structure}.unprotected", unprotectedBytes, MaxHeaderEntries, baseOffset + start);
        if (unprotected.Has(CriticalLabel))
            throw unprotected.Malformed(CriticalLabel, "must be in the protected header");
        if (unprotected.Labels.FirstOrDefault(fields.Has) is { } twice)
            throw unprotected.Malformed(twice, "is in the protected header already, and only there it counts");

        var payload = Slice(bytes, ref reader, "payload", maxPayload);
        var signature = Slice(bytes, ref reader, "signature", LargestSignature);
        if (algorithm.SignatureSize is { } size && signature.Bytes.Length != size)
            throw reader.Malformed("signature", $"is {signature.Bytes.Length} bytes long, {algorithm.Name} has {size}");

        reader.End();
        return new(header.Bytes, algorithm)
        {
            UnprotectedHeader = unprotectedBytes,
            Payload = payload.Bytes,
            PayloadOffset = baseOffset + payload.Offset,
            Signature = signature.Bytes,
        };
    }

    /// <summary>The labels that <c>crit</c> of a protected header names; integers as decimal digits (section 3.1).</summary>
    public static IReadOnlyList<string> Critical(CborMap header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (!header.Has(CriticalLabel))
            return [];
        if (!header.TryRead(CriticalLabel, out var reader))
            throw header.Malformed(CriticalLabel, "is null");

        var labels = new string[reader.Array(CriticalLabel, MaxHeaderEntries)];
        if (labels.Length == 0)
            throw header.Malformed(CriticalLabel, "is empty");
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = reader.Peek(CriticalLabel) == CborType.TextString
                ? reader.Text(CriticalLabel, MaxLabel)
                : CborMap.Text(reader.Integer(CriticalLabel));
        }

        reader.End();
        return labels;
    }

    /// <summary>Checks the signature over <see cref="SignedContent"/>.</summary>
    public bool Verify(VerificationKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (Algorithm == CoseAlgorithm.EdDsa)
            return false;

        return Algorithm.SignatureSize is null
            ? key.VerifyRsaPss(Algorithm.Hash, SignedContent(), Signature.Span)
            : key.VerifyEcdsa(Algorithm.Hash, SignedContent(), Signature.Span);
    }

    /// <param name="key">Of <see cref="Ed25519.KeySize"/> bytes.</param>
    public bool VerifyEd25519(ReadOnlySpan<byte> key) =>
        Algorithm == CoseAlgorithm.EdDsa && Ed25519.Verify(key, SignedContent(), Signature.Span);

    /// <summary>The bytes that are signed: <c>["Signature1", protected, h'', payload]</c> (section 4.4).</summary>
    public byte[] SignedContent()
    {
        var signed = new byte[1 + 11 + 9 + _protected.Length + 1 + 9 + Payload.Length];
        var length = 0;
        signed[length++] = 0x84;
        length += Write(signed.AsSpan(length), 0x60, "Signature1"u8);
        length += Write(signed.AsSpan(length), 0x40, _protected.Span);
        length += Write(signed.AsSpan(length), 0x40, []);
        length += Write(signed.AsSpan(length), 0x40, Payload.Span);
        return signed[..length];
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
