using System.Buffers.Binary;
using System.Text;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Writes CBOR for tests, each piece as bytes, so that a test can put a wrong piece in its place.</summary>
internal static class CborBytes
{
    public static byte[] Integer(long value) => value >= 0 ? Head(0, (ulong)value) : Head(1, (ulong)(-1 - value));

    public static byte[] Bytes(byte[] content) => [.. Head(2, (ulong)content.Length), .. content];

    public static byte[] Text(string text) => [.. Head(3, (ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] Array(params byte[][] items) => [.. Head(4, (ulong)items.Length), .. items.SelectMany(item => item)];

    public static byte[] Map(params IReadOnlyCollection<(byte[] Key, byte[] Value)> pairs) =>
        [.. Head(5, (ulong)pairs.Count), .. pairs.SelectMany(pair => pair.Key.Concat(pair.Value))];

    public static byte[] Tag(ulong number, byte[] item) => [.. Head(6, number), .. item];

    /// <summary>The shortest head of an item (RFC 8949, section 3).</summary>
    public static byte[] Head(int type, ulong argument)
    {
        Span<byte> wide = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(wide, argument);
        return argument switch
        {
            < 24 => [(byte)((type << 5) | (int)argument)],
            < 0x100 => [(byte)((type << 5) | 24), wide[7]],
            < 0x1_0000 => [(byte)((type << 5) | 25), .. wide[6..]],
            < 0x1_0000_0000 => [(byte)((type << 5) | 26), .. wide[4..]],
            _ => [(byte)((type << 5) | 27), .. wide],
        };
    }
}
