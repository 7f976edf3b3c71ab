using Nacre.Formats;
using Nacre.Formats.Sm;

namespace Nacre.Evidence.Csv;

/// <summary>What Hygon's two forms of certificate have in common: a key of SM2, and the identifier its owner signs under.</summary>
public sealed class HygonKey
{
    /// <summary>Width of a coordinate, r or s on the wire; 32 bytes little endian and zeros.</summary>
    public const int FieldSize = 72;

    private const uint Sm2 = 3;
    private const int MaxUserId = 254;

    private readonly Sm2PublicKey _key;
    private readonly byte[] _userId;

    private HygonKey(Sm2PublicKey key, byte[] userId) => (_key, _userId) = (key, userId);

    /// <summary>Such as <c>HYGON-SSD-HRK</c>.</summary>
    public string UserId => System.Text.Encoding.ASCII.GetString(_userId);

    /// <summary>Curve, x, y, length of the identifier and the identifier, as they stand in every certificate (evidence.md 11.2).</summary>
    internal static HygonKey Read(string structure, ref StructReader reader)
    {
        if (reader.UInt32LE("curve") != Sm2)
            throw reader.Malformed("must be 3 (SM2)");

        var x = Number(ref reader, "x");
        var y = Number(ref reader, "y");
        var length = reader.UInt16LE("uid_size");
        if (length > MaxUserId)
            throw reader.Malformed($"is {length}, at most {MaxUserId} are allowed");

        var userId = reader.Bytes(length, "user_id").ToArray();
        if (!System.Text.Ascii.IsValid(userId))
            throw reader.Malformed("is not ASCII");

        reader.Reserved(MaxUserId - length, "user_id");
        return new(Sm2PublicKey.FromPoint(structure, x, y), userId);
    }

    /// <summary>A number of SM2 as fixed-width fields hold it; returned big endian.</summary>
    internal static byte[] Number(ref StructReader reader, string field)
    {
        var number = reader.Bytes(Sm2PublicKey.CoordinateSize, field).ToArray();
        reader.Reserved(FieldSize - Sm2PublicKey.CoordinateSize, field);
        Array.Reverse(number);
        return number;
    }

    public bool Verify(ReadOnlySpan<byte> message, HygonSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        return _key.Verify(_userId, message, signature.R, signature.S);
    }
}

/// <summary>r and s, big endian.</summary>
public sealed record HygonSignature(byte[] R, byte[] S)
{
    internal static HygonSignature Read(ref StructReader reader, string field)
    {
        var (r, s) = (HygonKey.Number(ref reader, $"{field}.r"), HygonKey.Number(ref reader, $"{field}.s"));
        return r.AsSpan().ContainsAnyExcept((byte)0) && s.AsSpan().ContainsAnyExcept((byte)0) ? new(r, s) : throw reader.Malformed("is zero, which no signature is");
    }
}
