using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.Formats.OpenPgp;

/// <summary>Kinds of signatures (RFC 9580, section 5.2.1).</summary>
internal enum SignatureType : byte
{
    Binary = 0x00,
    GenericCertification = 0x10,
    PositiveCertification = 0x13,
    SubkeyBinding = 0x18,
    PrimaryKeyBinding = 0x19,
    DirectKey = 0x1f,
    KeyRevocation = 0x20,
    SubkeyRevocation = 0x28,
    CertificationRevocation = 0x30,
}

/// <summary>A signature packet of version 4 (section 5.2.3), read but not believed.</summary>
internal sealed class OpenPgpSignature
{
    private const string Structure = "openpgp.signature";
    private const int MaxSize = 32 * 1024;
    private const int FixedPart = 6;

    private readonly byte[] _hashed;
    private readonly byte[] _left;
    private readonly byte[] _numbers;

    private OpenPgpSignature(byte[] hashed, byte[] left, byte[] numbers) => (_hashed, _left, _numbers) = (hashed, left, numbers);

    public SignatureType Type => (SignatureType)_hashed[1];
    public byte KeyAlgorithm => _hashed[2];
    public byte HashAlgorithm => _hashed[3];
    public required SignatureSubpackets Hashed { get; init; }
    public required SignatureSubpackets Unhashed { get; init; }
    public DateTimeOffset? Created => Hashed.Seconds(SignatureSubpackets.Created) is { } at ? DateTimeOffset.FromUnixTimeSeconds(at) : null;

    /// <summary>Hexadecimal, from the signed part before the other.</summary>
    public string? IssuerKeyId => Convert(Hashed.Find(SignatureSubpackets.Issuer) ?? Unhashed.Find(SignatureSubpackets.Issuer));

    /// <summary>Hexadecimal, without the version before it.</summary>
    public string? IssuerFingerprint =>
        (Hashed.Find(SignatureSubpackets.IssuerFingerprint) ?? Unhashed.Find(SignatureSubpackets.IssuerFingerprint)) is [4, .. var rest]
            ? Convert(rest)
            : null;

    /// <summary>Null for another version.</summary>
    public static OpenPgpSignature? Parse(ReadOnlySpan<byte> body)
    {
        var reader = new StructReader(Structure, body);
        if (body.Length > MaxSize)
            throw new MalformedDataException(Structure, "(packet)", 0, $"is {body.Length} bytes long, at most {MaxSize} are allowed");
        if (reader.UInt8("version") != 4)
            return null;

        reader.Bytes(3, "algorithms");
        var hashedArea = reader.Sized16BE("hashed", MaxSize);
        var unhashedArea = reader.Sized16BE("unhashed", MaxSize);
        var left = reader.Bytes(2, "left16").ToArray();
        return new(body[..(FixedPart + hashedArea.Length)].ToArray(), left, reader.Bytes(reader.Remaining, "numbers").ToArray())
        {
            Hashed = SignatureSubpackets.Parse($"{Structure}.hashed", hashedArea),
            Unhashed = SignatureSubpackets.Parse($"{Structure}.unhashed", unhashedArea),
        };
    }

    /// <summary>Whether the names of the issuer that are in it are those of this key.</summary>
    public bool NamesIssuer(OpenPgpKey key) =>
        (IssuerFingerprint ?? key.Fingerprint) == key.Fingerprint && (IssuerKeyId ?? key.KeyId) == key.KeyId
        && (IssuerFingerprint is not null || IssuerKeyId is not null);

    /// <summary>Null when <paramref name="key"/> signed <paramref name="parts"/>, one after the other; else the reason.</summary>
    public string? FindProblem(OpenPgpKey key, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        if (OpenPgpHash.Find(HashAlgorithm) is not { } hash)
            return $"it uses {OpenPgpHash.Name(HashAlgorithm)}, which is not accepted";
        if (Hashed.UnknownCritical() is { } unknown)
            return $"it has the critical subpacket {unknown}, which is not understood";
        if (key.Material is not { } material || !material.Fits(KeyAlgorithm))
            return $"the key {key.KeyId} makes no signatures of algorithm {KeyAlgorithm}";
        if (Created is null)
            return "it does not say when it was made";

        using var hashing = IncrementalHash.CreateHash(hash);
        foreach (var part in parts)
            hashing.AppendData(part.Span);
        hashing.AppendData(_hashed);
        Span<byte> trailer = [4, 0xff, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(trailer[2..], (uint)_hashed.Length);
        hashing.AppendData(trailer);
        var digest = hashing.GetHashAndReset();
        return digest.AsSpan(0, 2).SequenceEqual(_left) && Verify(material, hash, digest) ? null : $"it is not a signature of these bytes by {key.KeyId}";
    }

    /// <summary>Whether it says of itself that it is over.</summary>
    public bool HasExpired(DateTimeOffset at) =>
        Hashed.Seconds(SignatureSubpackets.Expires) is { } seconds and > 0 && Created is { } created && created.AddSeconds(seconds) <= at;

    private bool Verify(SigningMaterial material, HashAlgorithmName hash, ReadOnlySpan<byte> digest)
    {
        try
        {
            var numbers = new StructReader($"{Structure}.numbers", _numbers);
            return material.Verify(hash, digest, ref numbers);
        }
        catch (Exception error) when (error is MalformedDataException or CryptographicException)
        {
            // Numbers in another spelling, or a point off its curve: no signature by this key.
            return false;
        }
    }

    private static string? Convert(byte[]? bytes) => bytes is null ? null : System.Convert.ToHexStringLower(bytes);
}
