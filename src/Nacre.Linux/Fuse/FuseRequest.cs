using System.Buffers.Binary;
using System.Text;

namespace Nacre.Linux.Fuse;

/// <summary>What the kernel asks (linux/fuse.h, enum fuse_opcode). Everything else is answered with ENOSYS.</summary>
internal enum FuseOperation : uint
{
    Lookup = 1,
    Forget = 2,
    GetAttributes = 3,
    ReadLink = 5,
    Open = 14,
    Read = 15,
    StatFs = 17,
    Release = 18,
    GetExtendedAttribute = 22,
    ListExtendedAttributes = 23,
    Flush = 25,
    Init = 26,
    OpenDirectory = 27,
    ReadDirectory = 28,
    ReleaseDirectory = 29,
    Interrupt = 36,
    Destroy = 38,
    BatchForget = 42,
}

/// <summary>One message of the kernel: a header of 40 bytes, then what belongs to the operation. The kernel is trusted with its form.</summary>
internal readonly struct FuseRequest(ReadOnlyMemory<byte> bytes)
{
    private const int HeaderSize = 40;

    public FuseOperation Operation => (FuseOperation)BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[4..]);

    public ulong Unique => BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[8..]);

    public ulong Node => BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[16..]);

    /// <summary>Of fuse_read_in, which follows the handle.</summary>
    public ulong Offset => BinaryPrimitives.ReadUInt64LittleEndian(Body[8..]);

    /// <summary>Of fuse_read_in.</summary>
    public int Size => (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(Body[16..]), FuseReply.LargestRead);

    /// <summary>Of fuse_getxattr_in: 0 asks for the size alone.</summary>
    public int AttributeSize => (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(Body), int.MaxValue);

    public string AttributeName => Text(Body[8..]);

    public string Name => Text(Body);

    public uint Word(int index) => BinaryPrimitives.ReadUInt32LittleEndian(Body[(4 * index)..]);

    private ReadOnlySpan<byte> Body => bytes.Span[HeaderSize..];

    private static string Text(ReadOnlySpan<byte> terminated)
    {
        var end = terminated.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? terminated : terminated[..end]);
    }
}
