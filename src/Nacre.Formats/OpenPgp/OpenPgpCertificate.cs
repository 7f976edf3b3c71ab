using System.Buffers.Binary;
using System.Text;

namespace Nacre.Formats.OpenPgp;

/// <summary>
/// A transferable public key (RFC 9580, section 10.1): a primary key, its names and its subkeys, each with the signatures behind it.
/// What they are worth is for <see cref="KeyValidity"/> to say.
/// </summary>
internal sealed class OpenPgpCertificate(OpenPgpKey primary)
{
    private const string Structure = "openpgp.keyring";
    private const int MaxPackets = 4096;
    private const int MaxNameLength = 4096;

    public OpenPgpKey Primary => primary;

    /// <summary>Signatures on the primary key itself.</summary>
    public List<OpenPgpSignature> OnKey { get; } = [];

    /// <summary>Names and attributes, as they go into hashes, with their signatures.</summary>
    public List<(string? Name, byte[] Hashed, List<OpenPgpSignature> Signatures)> Names { get; } = [];

    public List<(OpenPgpKey Key, List<OpenPgpSignature> Signatures)> Subkeys { get; } = [];

    /// <summary>All keys of a ring. Keys of other versions are left out.</summary>
    /// <exception cref="MalformedDataException">It is no ring, or too large.</exception>
    public static IReadOnlyList<OpenPgpCertificate> ParseAll(ReadOnlyMemory<byte> ring)
    {
        var all = new List<OpenPgpCertificate>();
        OpenPgpCertificate? current = null;
        List<OpenPgpSignature>? signatures = null;
        var isFirst = true;
        foreach (var packet in PacketReader.Read(Structure, ring, MaxPackets))
        {
            if (isFirst && packet.Type != PacketType.PublicKey)
                throw new MalformedDataException(Structure, "(packet)", packet.Offset, $"is of type {(int)packet.Type}, a ring begins with a public key");

            isFirst = false;
            switch (packet.Type)
            {
                case PacketType.PublicKey:
                    current = OpenPgpKey.Parse(packet.Body) is { } key ? new(key) : null;
                    signatures = current?.OnKey;
                    if (current is not null)
                        all.Add(current);
                    break;
                case PacketType.UserId or PacketType.UserAttribute:
                    signatures = current?.AddName(packet);
                    break;
                case PacketType.PublicSubkey:
                    signatures = current is not null && OpenPgpKey.Parse(packet.Body) is { } subkey ? current.AddSubkey(subkey) : null;
                    break;
                case PacketType.Signature when signatures is not null && OpenPgpSignature.Parse(packet.Body.Span) is { } signature:
                    signatures.Add(signature);
                    break;
            }
        }

        return all.Count > 0 ? all : throw new MalformedDataException(Structure, "(ring)", 0, "holds no key of version 4");
    }

    private List<OpenPgpSignature> AddSubkey(OpenPgpKey key)
    {
        Subkeys.Add((key, []));
        return Subkeys[^1].Signatures;
    }

    private List<OpenPgpSignature> AddName(OpenPgpPacket packet)
    {
        if (packet.Body.Length > MaxNameLength && packet.Type == PacketType.UserId)
            throw new MalformedDataException(Structure, "userId", packet.Offset, $"is {packet.Body.Length} bytes long, at most {MaxNameLength} are allowed");

        // Section 5.2.4: 0xB4 before a user ID, 0xD1 before an attribute, then the length.
        var isName = packet.Type == PacketType.UserId;
        var hashed = new byte[5 + packet.Body.Length];
        hashed[0] = (byte)(isName ? 0xb4 : 0xd1);
        BinaryPrimitives.WriteUInt32BigEndian(hashed.AsSpan(1), (uint)packet.Body.Length);
        packet.Body.CopyTo(hashed.AsMemory(5));
        Names.Add((isName ? Encoding.UTF8.GetString(packet.Body.Span) : null, hashed, []));
        return Names[^1].Signatures;
    }
}
