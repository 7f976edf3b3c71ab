using System.Buffers.Binary;
using System.Numerics;

namespace Nacre.Formats.Erofs;

/// <summary>
/// The 128 bytes at offset 1024 of an EROFS image (Linux fs/erofs/erofs_fs.h; little endian). Only images of 4096-byte blocks without any
/// incompatible feature are read and written: neither compression nor chunks nor further devices.
/// </summary>
public sealed record ErofsSuperblock
{
    public const int Offset = 1024;
    public const int Size = 128;
    public const int BlockSize = 4096;

    private const uint Magic = 0xE0F5E1E2;
    private const byte BlockBits = 12;
    private const uint HasChecksum = 1;
    private const uint HasModificationTimes = 2;
    private const int ChecksumAt = 4;

    public required ushort RootInode { get; init; }

    /// <summary>How many inodes there are.</summary>
    public required ulong Inodes { get; init; }

    /// <summary>Seconds since 1970: the modification time of every compact inode.</summary>
    public required long Time { get; init; }

    public required uint Nanoseconds { get; init; }

    /// <summary>Blocks of the file system, this one among them.</summary>
    public required uint Blocks { get; init; }

    /// <summary>Block that inode 0 would start at.</summary>
    public required uint InodesAt { get; init; }

    public required Guid Uuid { get; init; }

    /// <param name="block">The first block of the image, whole: the checksum is over all of it from offset 1024 on.</param>
    /// <exception cref="MalformedDataException">Which field, and which rule it breaks. Offsets are from the superblock's start.</exception>
    public static ErofsSuperblock Parse(ReadOnlySpan<byte> block)
    {
        var r = new StructReader("erofs.superblock", block.Length > Offset ? block[Offset..] : []);
        if (r.UInt32LE("magic") != Magic)
            throw r.Malformed($"must be 0x{Magic:x8}; this is no EROFS image");

        var checksum = r.UInt32LE("checksum");
        var compatible = r.UInt32LE("feature_compat");
        if ((compatible & HasChecksum) != 0 && (block.Length != BlockSize || checksum != Checksum(block)))
            throw r.Malformed("has a checksum that does not fit");
        if (r.UInt8("blkszbits") is var bits and not BlockBits)
            throw r.Malformed($"is {bits}, only 12 (blocks of 4096 bytes) is read here");
        r.Reserved(1, "sb_extslots");

        var root = r.UInt16LE("root_nid");
        var inodes = r.UInt64LE("inos");
        var time = r.UInt64LE("build_time");
        var nanoseconds = r.UInt32LE("build_time_nsec");
        if (nanoseconds >= 1_000_000_000)
            throw r.Malformed($"is {nanoseconds}, must be less than a second");
        var blocks = r.UInt32LE("blocks");
        if (blocks == 0)
            throw r.Malformed("is 0");
        var inodesAt = r.UInt32LE("meta_blkaddr");
        if (inodesAt >= blocks)
            throw r.Malformed($"is {inodesAt}, there are {blocks} blocks");

        r.UInt32LE("xattr_blkaddr");
        var uuid = new Guid(r.Bytes(16, "uuid"), bigEndian: true);
        r.Bytes(16, "volume_name");
        if (r.UInt32LE("feature_incompat") is var incompatible and not 0)
            throw r.Malformed($"is 0x{incompatible:x}: compressed or chunked images are not read here");
        r.Reserved(2, "available_compr_algs");
        r.Reserved(2, "extra_devices");
        r.UInt16LE("devt_slotoff");
        r.Reserved(1, "dirblkbits");
        r.Reserved(1, "xattr_prefix_count");
        return new()
        {
            RootInode = root,
            Inodes = inodes,
            Time = (long)time,
            Nanoseconds = nanoseconds,
            Blocks = blocks,
            InodesAt = inodesAt,
            Uuid = uuid,
        };
    }

    /// <summary>The whole first block.</summary>
    public byte[] ToBlock()
    {
        var block = new byte[BlockSize];
        var span = block.AsSpan(Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(span, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(span[8..], HasChecksum | HasModificationTimes);
        span[12] = BlockBits;
        BinaryPrimitives.WriteUInt16LittleEndian(span[14..], RootInode);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], Inodes);
        BinaryPrimitives.WriteInt64LittleEndian(span[24..], Time);
        BinaryPrimitives.WriteUInt32LittleEndian(span[32..], Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(span[36..], Blocks);
        BinaryPrimitives.WriteUInt32LittleEndian(span[40..], InodesAt);
        Uuid.TryWriteBytes(span[48..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(span[ChecksumAt..], Checksum(block));
        return block;
    }

    // crc32c from all ones and without a final inversion, the checksum itself counted as zero (fs/erofs/super.c).
    private static uint Checksum(ReadOnlySpan<byte> block)
    {
        var crc = uint.MaxValue;
        for (var at = Offset; at < block.Length; at++)
            crc = BitOperations.Crc32C(crc, at - Offset is >= ChecksumAt and < ChecksumAt + 4 ? (byte)0 : block[at]);
        return crc;
    }
}
