namespace Nacre.Formats.OpenPgp;

/// <summary>Packet types that are read here (RFC 9580, section 5).</summary>
internal enum PacketType
{
    Signature = 2,
    OnePassSignature = 4,
    PublicKey = 6,
    CompressedData = 8,
    Marker = 10,
    LiteralData = 11,
    UserId = 13,
    PublicSubkey = 14,
    UserAttribute = 17,
}

/// <summary>One packet as it was received: its type, the bytes of its body and where it began.</summary>
internal readonly record struct OpenPgpPacket(PacketType Type, ReadOnlyMemory<byte> Body, int Offset);
