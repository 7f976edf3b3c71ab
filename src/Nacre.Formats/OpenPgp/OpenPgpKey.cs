using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.Formats.OpenPgp;

/// <summary>A public key packet of version 4 (RFC 9580, section 5.5.2.2), alone: who it belongs to and whether it may be used is not in it.</summary>
public sealed class OpenPgpKey
{
    private const string Structure = "openpgp.key";

    private OpenPgpKey(ReadOnlyMemory<byte> body, DateTimeOffset created, SigningMaterial? material)
    {
        (Created, Material) = (created, material);
        var prefixed = new byte[3 + body.Length];
        prefixed[0] = 0x99;
        BinaryPrimitives.WriteUInt16BigEndian(prefixed.AsSpan(1), (ushort)body.Length);
        body.CopyTo(prefixed.AsMemory(3));
        Hashed = prefixed;

#pragma warning disable CA5350 // Section 5.5.4.2: SHA-1 names a key of version 4, nothing more.
        Fingerprint = Convert.ToHexStringLower(SHA1.HashData(prefixed));
#pragma warning restore CA5350
    }

    /// <summary>40 hexadecimal digits, lower case.</summary>
    public string Fingerprint { get; }

    /// <summary>The last 16 digits of the fingerprint.</summary>
    public string KeyId => Fingerprint[24..];

    public DateTimeOffset Created { get; }

    /// <summary>Such as <c>Ed25519</c>; null for a key that signs nothing, or in a way that is not accepted.</summary>
    public string? Kind => Material?.Kind;

    internal SigningMaterial? Material { get; }

    /// <summary>The key as it goes into hashes of signatures over keys (section 5.2.4).</summary>
    internal ReadOnlyMemory<byte> Hashed { get; }

    /// <summary>Null for another version.</summary>
    internal static OpenPgpKey? Parse(ReadOnlyMemory<byte> body)
    {
        var reader = new StructReader(Structure, body.Span);
        if (reader.UInt8("version") != 4)
            return null;
        if (body.Length > ushort.MaxValue)
            throw reader.Malformed($"begins a key of {body.Length} bytes");

        var created = DateTimeOffset.FromUnixTimeSeconds(reader.UInt32BE("created"));
        var material = SigningMaterial.Read(reader.UInt8("algorithm"), ref reader);
        if (material is not null)
            reader.End();
        return new(body, created, material);
    }
}
