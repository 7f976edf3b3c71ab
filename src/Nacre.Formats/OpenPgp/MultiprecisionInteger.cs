using System.Numerics;

namespace Nacre.Formats.OpenPgp;

/// <summary>Unsigned big-endian numbers with their length in bits before them (RFC 9580, section 3.2), in their one shortest spelling.</summary>
internal static class MultiprecisionInteger
{
    public static byte[] Read(ref StructReader reader, string field, int maxBytes)
    {
        var bits = reader.UInt16BE(field);
        var length = (bits + 7) / 8;
        if (length > maxBytes)
            throw reader.Malformed($"has {bits} bits, at most {8 * maxBytes} are allowed");

        var bytes = reader.Bytes(length, field);
        if (length > 0 && BitOperations.Log2(bytes[0]) != (bits - 1) % 8 || (length > 0 && bytes[0] == 0))
            throw reader.Malformed($"does not have the {bits} bits that it says");
        return bytes.ToArray();
    }

    /// <summary>With zeros before it, as wide as asked for; null when it is wider.</summary>
    public static byte[]? Widen(byte[] number, int width)
    {
        if (number.Length > width)
            return null;

        var wide = new byte[width];
        number.CopyTo(wide, width - number.Length);
        return wide;
    }
}
