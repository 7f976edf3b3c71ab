using System.Buffers.Binary;
using System.Text;

namespace Nacre.Linux.Fuse;

/// <summary>Answers as the kernel wants them: 16 bytes of header, then what belongs to the operation (linux/fuse.h, protocol 7.31).</summary>
internal static class FuseReply
{
    public const int LargestRead = 128 * 1024;

    /// <summary>Seconds for which the kernel may keep what it was told; nothing here ever changes.</summary>
    private const ulong Valid = 24 * 60 * 60;

    private const int HeaderSize = 16;
    private const int AttributesSize = 88;
    private const uint KeepCache = 2;
    private const uint CacheDirectory = 8;

    public static byte[] Error(ulong unique, int errno) => Create(unique, 0, -errno);

    public static byte[] Done(ulong unique) => Create(unique, 0);

    public static byte[] Init(ulong unique, uint minor, uint flags)
    {
        const uint asynchronousReads = 1;
        const uint parallelLookups = 1 << 18;
        var reply = Create(unique, 64);
        var body = reply.AsSpan(HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(body, 7);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], Math.Min(minor, 31));
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], LargestRead);
        BinaryPrimitives.WriteUInt32LittleEndian(body[12..], flags & (asynchronousReads | parallelLookups));
        BinaryPrimitives.WriteUInt16LittleEndian(body[16..], 12);
        BinaryPrimitives.WriteUInt16LittleEndian(body[18..], 9);
        BinaryPrimitives.WriteUInt32LittleEndian(body[20..], 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(body[24..], 1);
        return reply;
    }

    public static byte[] Entry(ulong unique, FuseNode node)
    {
        var reply = Create(unique, 40 + AttributesSize);
        var body = reply.AsSpan(HeaderSize);
        BinaryPrimitives.WriteUInt64LittleEndian(body, node.Node);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], Valid);
        BinaryPrimitives.WriteUInt64LittleEndian(body[24..], Valid);
        Attributes(body[40..], node);
        return reply;
    }

    public static byte[] Attributes(ulong unique, FuseNode node)
    {
        var reply = Create(unique, 16 + AttributesSize);
        BinaryPrimitives.WriteUInt64LittleEndian(reply.AsSpan(HeaderSize), Valid);
        Attributes(reply.AsSpan(HeaderSize + 16), node);
        return reply;
    }

    public static byte[] Open(ulong unique)
    {
        var reply = Create(unique, 16);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(HeaderSize + 8), KeepCache | CacheDirectory);
        return reply;
    }

    public static byte[] Bytes(ulong unique, ReadOnlySpan<byte> bytes)
    {
        var reply = Create(unique, bytes.Length);
        bytes.CopyTo(reply.AsSpan(HeaderSize));
        return reply;
    }

    /// <summary>The value if there is room for it, its size if that was the question, or ERANGE.</summary>
    public static byte[] Sized(ulong unique, ReadOnlySpan<byte> value, int room)
    {
        const int outOfRange = 34;
        if (room != 0)
            return value.Length <= room ? Bytes(unique, value) : Error(unique, outOfRange);

        var reply = Create(unique, 8);
        BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(HeaderSize), value.Length);
        return reply;
    }

    public static byte[] FileSystem(ulong unique)
    {
        var reply = Create(unique, 80);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(HeaderSize + 40), 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(HeaderSize + 44), 255);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(HeaderSize + 48), 4096);
        return reply;
    }

    /// <summary>As many names as there is room for.</summary>
    public static byte[] Names(ulong unique, IReadOnlyList<FuseName> names, int room)
    {
        const int nameAt = 24;
        var used = 0;
        var count = 0;
        while (count < names.Count && used + Padded(nameAt + names[count].Name.Length) <= room)
            used += Padded(nameAt + names[count++].Name.Length);

        var reply = Create(unique, used);
        var at = HeaderSize;
        for (var i = 0; i < count; i++)
        {
            var entry = reply.AsSpan(at);
            BinaryPrimitives.WriteUInt64LittleEndian(entry, names[i].Node);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], names[i].Next);
            BinaryPrimitives.WriteInt32LittleEndian(entry[16..], names[i].Name.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], names[i].Mode >> 12);
            Encoding.Latin1.GetBytes(names[i].Name, entry[nameAt..]);
            at += Padded(nameAt + names[i].Name.Length);
        }

        return reply;
    }

    private static int Padded(int size) => (size + 7) & ~7;

    private static byte[] Create(ulong unique, int size, int error = 0)
    {
        var reply = new byte[HeaderSize + size];
        BinaryPrimitives.WriteInt32LittleEndian(reply, reply.Length);
        BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64LittleEndian(reply.AsSpan(8), unique);
        return reply;
    }

    private static void Attributes(Span<byte> target, FuseNode node)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, node.Node);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], node.Size);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], (node.Size + 511) / 512);
        for (var time = 0; time < 3; time++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(target[(24 + (8 * time))..], node.ModifiedSeconds);
            BinaryPrimitives.WriteUInt32LittleEndian(target[(48 + (4 * time))..], node.ModifiedNanoseconds);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target[60..], node.Mode);
        BinaryPrimitives.WriteUInt32LittleEndian(target[64..], node.Links);
        BinaryPrimitives.WriteUInt32LittleEndian(target[68..], node.User);
        BinaryPrimitives.WriteUInt32LittleEndian(target[72..], node.Group);
        BinaryPrimitives.WriteUInt32LittleEndian(target[76..], node.Device);
        BinaryPrimitives.WriteUInt32LittleEndian(target[80..], 4096);
    }
}
