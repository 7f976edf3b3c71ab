using System.IO.Compression;

namespace Nacre.Formats.OpenPgp;

/// <summary>
/// A signed message of one signer (RFC 9580, section 10.3): one-pass signature, literal data, signature, in that order, as they are or in
/// one layer of compression. Reading it proves nothing; <see cref="OpenPgpKeyring.Verify"/> does.
/// </summary>
public sealed class OpenPgpMessage
{
    public const int MaxSize = 128 * 1024;
    private const string Structure = "openpgp.message";
    private const int MaxPackets = 8;
    private const int OnePassSize = 13;
    private const byte Binary = (byte)'b';

    private readonly byte[] _onePass;

    private OpenPgpMessage(byte[] onePass, OpenPgpSignature signature, ReadOnlyMemory<byte> payload) =>
        (_onePass, Signature, Payload) = (onePass, signature, payload);

    /// <summary>What is said to be signed.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    internal OpenPgpSignature Signature { get; }

    /// <summary>When it says that it was signed; null when it does not.</summary>
    public DateTimeOffset? Created => Signature.Created;

    /// <summary>The key that it says signed it, by fingerprint or key id.</summary>
    public string Issuer => Signature.IssuerFingerprint ?? Signature.IssuerKeyId ?? Convert.ToHexStringLower(_onePass.AsSpan(4, 8));

    /// <exception cref="MalformedDataException">It is no such message.</exception>
    public static OpenPgpMessage Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxSize)
            throw Malformed("(message)", 0, $"is {bytes.Length} bytes long, at most {MaxSize} are allowed");

        var packets = Packets(bytes);
        if (packets is [{ Type: PacketType.CompressedData } compressed])
            packets = Packets(Decompress(compressed));
        if (packets is not [{ Type: PacketType.OnePassSignature } onePass, { Type: PacketType.LiteralData } literal, { Type: PacketType.Signature } last])
        {
            throw Malformed("(packets)", 0,
                $"are of types {string.Join(", ", packets.Select(packet => (int)packet.Type))}, must be 4, 11, 2: one signer, his data, his signature");
        }

        var signature = OpenPgpSignature.Parse(last.Body.Span) ?? throw Malformed("signature.version", last.Offset, "must be 4");
        return new(ReadOnePass(onePass, signature), signature, ReadLiteral(literal));
    }

    /// <summary>Null when <paramref name="key"/> signed it; else the reason.</summary>
    internal string? FindProblem(OpenPgpKey key)
    {
        if (Signature.Type != SignatureType.Binary)
            return $"its signature is of type 0x{(byte)Signature.Type:x2}, must be 0x00, of binary data";
        if (Convert.ToHexStringLower(_onePass.AsSpan(4, 8)) != key.KeyId)
            return $"it begins with another key than {key.KeyId}";
        return Signature.Unhashed.HasOnly(SignatureSubpackets.Issuer, SignatureSubpackets.IssuerFingerprint)
            ? Signature.FindProblem(key, Payload)
            : "it has subpackets that should be signed and are not";
    }

    private static List<OpenPgpPacket> Packets(ReadOnlyMemory<byte> bytes) =>
        [.. PacketReader.Read(Structure, bytes, MaxPackets).Where(packet => packet.Type != PacketType.Marker)];

    private static byte[] ReadOnePass(OpenPgpPacket packet, OpenPgpSignature signature)
    {
        var body = packet.Body.Span;
        if (body.Length != OnePassSize || body[0] != 3 || body[12] != 1)
            throw Malformed("onePass", packet.Offset, "must be of version 3 and the only one");
        if (body[1] != (byte)signature.Type || body[2] != signature.HashAlgorithm || body[3] != signature.KeyAlgorithm)
            throw Malformed("onePass", packet.Offset, "announces another signature than there is");
        return body.ToArray();
    }

    private static ReadOnlyMemory<byte> ReadLiteral(OpenPgpPacket packet)
    {
        var reader = new StructReader(Structure, packet.Body.Span);
        if (reader.UInt8("literal.format") != Binary)
            throw reader.Malformed("must be 'b', binary");

        // A file name and a time, which no signature covers: skipped.
        reader.Bytes(reader.UInt8("literal.name"), "literal.name");
        reader.Bytes(4, "literal.time");
        return packet.Body[reader.Offset..];
    }

    private static byte[] Decompress(OpenPgpPacket packet)
    {
        if (packet.Body.IsEmpty)
            throw Malformed("compressed", packet.Offset, "is empty");

        using var input = new MemoryStream(packet.Body[1..].ToArray());
        using Stream stream = packet.Body.Span[0] switch
        {
            0 => input,
            1 => new DeflateStream(input, CompressionMode.Decompress),
            2 => new ZLibStream(input, CompressionMode.Decompress),
            var other => throw Malformed("compressed.algorithm", packet.Offset, $"is {other}, not one of 0 (none), 1 (ZIP), 2 (ZLIB)"),
        };
        try
        {
            var output = new byte[MaxSize + 1];
            var length = stream.ReadAtLeast(output, output.Length, throwOnEndOfStream: false);
            return length <= MaxSize ? output[..length] : throw Malformed("compressed", packet.Offset, $"grows beyond {MaxSize} bytes");
        }
        catch (InvalidDataException error)
        {
            throw new MalformedDataException(Structure, "compressed", packet.Offset, "is damaged", error);
        }
    }

    private static MalformedDataException Malformed(string field, int offset, string rule) => new(Structure, field, offset, rule);
}
