using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Evidence.Sev;

/// <summary>What a key of a SEV platform is for.</summary>
public enum SevKeyUsage
{
    /// <summary>Owner's authority.</summary>
    Oca = 0x1001,

    /// <summary>Platform endorsement key.</summary>
    Pek = 0x1002,

    /// <summary>Platform Diffie-Hellman key.</summary>
    Pdh = 0x1003,

    /// <summary>Chip endorsement key.</summary>
    Cek = 0x1004,

    /// <summary>Marks a slot for signatures that is not used.</summary>
    None = 0x1000,
}

/// <summary>
/// A certificate of a SEV platform's key, 2084 bytes, little endian (SEV API specification, appendix C; evidence.md 6.1), with room for two
/// signatures. Parsed is not verified.
/// </summary>
public sealed record SevCertificate
{
    public const int Size = 2084;

    private const string Structure = "sev.certificate";
    private const int SignedSize = 1044;
    private const int Number = 72;

    public required SevKeyUsage Usage { get; init; }

    /// <summary>32 on P-256, 48 on P-384.</summary>
    public required int Coordinate { get; init; }

    /// <summary>Big endian.</summary>
    public required byte[] X { get; init; }

    /// <summary>Big endian.</summary>
    public required byte[] Y { get; init; }

    public required ReadOnlyMemory<byte> Signed { get; init; }
    public required IReadOnlyList<SevSignature> Signatures { get; init; }

    public ECCurve Curve => Coordinate == 32 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384;

    /// <exception cref="MalformedDataException">The bytes are no such certificate.</exception>
    public static SevCertificate Parse(ReadOnlyMemory<byte> raw)
    {
        var reader = new StructReader(Structure, raw.Span);
        if (reader.UInt32LE("version") != 1)
            throw reader.Malformed("must be 1");

        reader.Bytes(2, "api_version");
        reader.Reserved(2, "reserved");
        var usage = (SevKeyUsage)reader.UInt32LE("usage");
        if (!Enum.IsDefined(usage) || usage == SevKeyUsage.None)
            throw reader.Malformed($"is 0x{(uint)usage:x}, must be 0x1001 to 0x1004");

        reader.UInt32LE("algorithm");
        var coordinate = reader.UInt32LE("curve") switch { 1 => 32, 2 => 48, var other => throw reader.Malformed($"is {other}, must be 1 or 2") };
        var x = ReadNumber(ref reader, "x", coordinate);
        var y = ReadNumber(ref reader, "y", coordinate);
        reader.Reserved(SignedSize - reader.Offset, "reserved_key");

        var signatures = new[] { ReadSignature(ref reader, "sig1"), ReadSignature(ref reader, "sig2") };
        reader.End();
        return new() { Usage = usage, Coordinate = coordinate, X = x, Y = y, Signed = raw[..SignedSize], Signatures = signatures };
    }

    private static byte[] ReadNumber(ref StructReader reader, string field, int coordinate)
    {
        var number = reader.Bytes(coordinate, field).ToArray();
        reader.Reserved(Number - coordinate, field);
        Array.Reverse(number);
        return number;
    }

    private static SevSignature ReadSignature(ref StructReader reader, string field)
    {
        var usage = (SevKeyUsage)reader.UInt32LE(field + ".usage");
        var algorithm = reader.UInt32LE(field + ".algorithm");
        return new(usage, algorithm, reader.Bytes(512, field + ".data").ToArray());
    }
}

/// <param name="Usage">The usage of the key that signed; for the CEK's signature by AMD that of the ASK, 0x13.</param>
/// <param name="Algorithm">1 and 0x101 are RSA, 2 and 0x102 ECDSA, with SHA-256 and SHA-384.</param>
/// <param name="Data">512 bytes, little endian.</param>
public sealed record SevSignature(SevKeyUsage Usage, uint Algorithm, byte[] Data)
{
    public HashAlgorithmName? Hash => Algorithm switch
    {
        0x1 or 0x2 => HashAlgorithmName.SHA256,
        0x101 or 0x102 => HashAlgorithmName.SHA384,
        _ => null,
    };

    /// <summary>r ‖ s, big endian and as wide as the curve; null when a number does not fit, or something stands behind them.</summary>
    public byte[]? ToEcdsa(int coordinate)
    {
        if (Algorithm is not (0x2 or 0x102) || Data.AsSpan(coordinate, 72 - coordinate).ContainsAnyExcept((byte)0)
            || Data.AsSpan(72 + coordinate).ContainsAnyExcept((byte)0))
            return null;

        var joined = new byte[2 * coordinate];
        for (var i = 0; i < coordinate; i++)
            (joined[coordinate - 1 - i], joined[2 * coordinate - 1 - i]) = (Data[i], Data[72 + i]);

        return joined;
    }

    /// <summary>Big endian, as long as the modulus; null when it is another kind of signature, or something stands behind it.</summary>
    public byte[]? ToRsa(int modulus)
    {
        if (Algorithm is not (0x1 or 0x101) || Data.AsSpan(modulus).ContainsAnyExcept((byte)0))
            return null;

        var signature = Data.AsSpan(0, modulus).ToArray();
        Array.Reverse(signature);
        return signature;
    }
}
