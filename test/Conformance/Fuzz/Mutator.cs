using System.Buffers.Binary;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>Makes inputs that are almost right: bits and numbers changed, parts cut out, doubled, or taken from another input of the corpus.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> pieces, int seed)
{
    private const int MaxLength = 1 << 20;

    private static readonly ulong[] s_numbers =
        [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, ulong.MaxValue];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        var bytes = new List<byte>(Pick(corpus));
        for (var n = _random.Next(5); n >= 0; n--)
            Change(bytes);

        return [.. bytes.Take(MaxLength)];
    }

    private void Change(List<byte> bytes)
    {
        var at = _random.Next(bytes.Count + 1);
        switch (_random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                WriteNumber(bytes, at);
                break;
            case 3:
                bytes.RemoveRange(at, Math.Min(_random.Next(1, 32), bytes.Count - at));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                bytes.InsertRange(at, Part(Pick(corpus)));
                break;
            case 6:
                bytes.InsertRange(at, Part([.. bytes]));
                break;
            case 7 when pieces.Count > 0:
                bytes.InsertRange(at, Pick(pieces));
                break;
            default:
                bytes.Insert(at, (byte)_random.Next(32, 127));
                break;
        }
    }

    private void WriteNumber(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[8];
        var value = s_numbers[_random.Next(s_numbers.Length)];
        var width = 1 << _random.Next(4);
        if (_random.Next(2) == 0)
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        else
            BinaryPrimitives.WriteUInt64BigEndian(number, value << (64 - (8 * width)));
        for (var i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = number[i];
    }

    private ReadOnlySpan<byte> Part(byte[] whole)
    {
        var from = _random.Next(whole.Length + 1);
        return whole.AsSpan(from, Math.Min(_random.Next(64), whole.Length - from));
    }

    private byte[] Pick(IReadOnlyList<byte[]> from) => from[_random.Next(from.Count)];
}
