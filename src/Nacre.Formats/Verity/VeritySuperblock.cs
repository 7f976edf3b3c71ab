using System.Buffers.Binary;
using System.Text;

namespace Nacre.Formats.Verity;

/// <summary>
/// The 512 bytes that cryptsetup puts before a hash tree (cryptsetup, "DMVerity: Verity superblock format"; little endian). It is a
/// convenience and proves nothing: a root hash is over the salt and the data, and no field here is believed before the root hash was right.
/// </summary>
public sealed record VeritySuperblock(VerityParameters Parameters, Guid Uuid)
{
    public const int Size = 512;

    private const int AlgorithmSize = 32;

    private static ReadOnlySpan<byte> Signature => "verity\0\0"u8;

    /// <exception cref="MalformedDataException">Which field, and which rule it breaks.</exception>
    public static VeritySuperblock Parse(ReadOnlySpan<byte> bytes)
    {
        var r = new StructReader("verity.superblock", bytes);
        if (!r.Bytes(8, "signature").SequenceEqual(Signature))
            throw r.Malformed("is not 'verity'; if the tree has no superblock, say --no-superblock, else name its --hash-offset");
        if (r.UInt32LE("version") is var version and not 1)
            throw r.Malformed($"is {version}, only 1 is known");
        var type = r.UInt32LE("hash_type");
        if (type > 1)
            throw r.Malformed($"is {type}, must be 1, or 0 for Chromium OS");

        var uuid = new Guid(r.Bytes(16, "uuid"), bigEndian: true);
        var algorithm = ReadAlgorithm(ref r);
        var dataBlockSize = ReadBlockSize(ref r, "data_block_size");
        var hashBlockSize = ReadBlockSize(ref r, "hash_block_size");
        var blocks = r.UInt64LE("data_blocks");
        if (blocks > long.MaxValue || !VerityParameters.IsBlockCount((long)blocks, dataBlockSize, hashBlockSize))
            throw r.Malformed($"is {blocks}: there must be one at least, and fewer than 2^62 bytes of them");

        var saltSize = r.UInt16LE("salt_size");
        if (saltSize > VerityParameters.LongestSalt)
            throw r.Malformed($"is {saltSize}, at most {VerityParameters.LongestSalt} bytes are allowed");
        r.Reserved(6, "padding");
        var salt = r.Bytes(saltSize, "salt").ToArray();
        r.Reserved(VerityParameters.LongestSalt - saltSize, "salt");
        r.Reserved(168, "padding");
        r.End();
        return new(new(algorithm, dataBlockSize, hashBlockSize, (long)blocks, salt) { HashType = (int)type }, uuid);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        var span = bytes.AsSpan();
        Signature.CopyTo(span);
        BinaryPrimitives.WriteUInt32LittleEndian(span[8..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(span[12..], (uint)Parameters.HashType);
        Uuid.TryWriteBytes(span[16..], bigEndian: true, out _);
        Encoding.ASCII.GetBytes(Parameters.Algorithm.Name, span[32..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[64..], Parameters.DataBlockSize);
        BinaryPrimitives.WriteInt32LittleEndian(span[68..], Parameters.HashBlockSize);
        BinaryPrimitives.WriteInt64LittleEndian(span[72..], Parameters.DataBlocks);
        BinaryPrimitives.WriteUInt16LittleEndian(span[80..], (ushort)Parameters.Salt.Length);
        Parameters.Salt.Span.CopyTo(span[88..]);
        return bytes;
    }

    private static VerityAlgorithm ReadAlgorithm(ref StructReader r)
    {
        var field = r.Bytes(AlgorithmSize, "algorithm");
        var end = field.IndexOf((byte)0);
        if (end < 0 || field[end..].ContainsAnyExcept((byte)0))
            throw r.Malformed("is not text filled up with zeros");

        var name = Encoding.Latin1.GetString(field[..end]);
        return VerityAlgorithm.TryFind(name, out var algorithm)
            ? algorithm
            : throw r.Malformed($"is '{string.Concat(name.Select(Printable))}', known are {string.Join(", ", VerityAlgorithm.All)}");

        static char Printable(char sign) => char.IsAsciiLetterOrDigit(sign) || sign == '-' ? sign : '?';
    }

    private static int ReadBlockSize(ref StructReader r, string field)
    {
        var size = r.UInt32LE(field);
        return VerityParameters.IsBlockSize(size)
            ? (int)size
            : throw r.Malformed($"is {size}, must be a power of two from {VerityParameters.SmallestBlock} to {VerityParameters.LargestBlock}");
    }
}
