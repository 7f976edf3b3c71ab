using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Storage.Backup;

/// <summary>
/// All rows of a store in one file: the mark <c>NACREBK1</c>; for each row the byte lengths of namespace and key (16 bits) and value (32 bits,
/// big-endian) and the three; such lengths of zero; then the number of rows (64 bits) and the SHA-256 of all before it. Values are as
/// they are in the store, encrypted; the master key is not in the file.
/// </summary>
public static class BackupFile
{
    private const int HeadSize = 8;
    private const int TrailSize = 8 + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Mark => "NACREBK1"u8;

    /// <summary>Written beside its place with mode 0600, flushed, then moved there.</summary>
    /// <returns>The number of rows.</returns>
    public static async Task<long> WriteAsync(string path, IAsyncEnumerable<StoredEntry> rows, CancellationToken cancel)
    {
        var beside = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.new";
        try
        {
            long count;
            await using (var file = new FileStream(beside, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                count = await WriteAsync(file, rows, cancel);
                await file.FlushAsync(cancel);
                RandomAccess.FlushToDisk(file.SafeFileHandle);
            }

            File.Move(beside, path, overwrite: true);
            return count;
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    /// <summary>The rows, after the whole file has been checked.</summary>
    /// <exception cref="StoreException">The file is cut, changed or no backup.</exception>
    public static async Task<IReadOnlyList<StoreWrite>> ReadAsync(string path, CancellationToken cancel)
    {
        var bytes = await File.ReadAllBytesAsync(path, cancel);
        if (bytes.Length < Mark.Length + HeadSize + TrailSize || !bytes.AsSpan().StartsWith(Mark))
            throw new StoreException($"'{path}' is no backup of this program");

        var end = bytes.Length - SHA256.HashSizeInBytes;
        if (!SHA256.HashData(bytes.AsSpan(0, end)).AsSpan().SequenceEqual(bytes.AsSpan(end)))
            throw new StoreException($"the backup '{path}' is damaged: its checksum is wrong; use another copy");

        return Parse(bytes, path);
    }

    private static async Task<long> WriteAsync(FileStream file, IAsyncEnumerable<StoredEntry> rows, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await PutAsync(Mark.ToArray());
        var count = 0L;
        await foreach (var row in rows.WithCancellation(cancel))
        {
            var (space, key) = (Encoding.UTF8.GetBytes(row.Space), Encoding.UTF8.GetBytes(row.Key));
            await PutAsync(Head(space.Length, key.Length, row.Value.Length));
            await PutAsync(space);
            await PutAsync(key);
            await PutAsync(row.Value);
            count++;
        }

        await PutAsync(Head(0, 0, 0));
        var end = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(end, count);
        await PutAsync(end);
        await file.WriteAsync(hash.GetHashAndReset(), cancel);
        return count;

        ValueTask PutAsync(byte[] bytes)
        {
            hash.AppendData(bytes);
            return file.WriteAsync(bytes, cancel);
        }
    }

    private static byte[] Head(int space, int key, int value)
    {
        var head = new byte[HeadSize];
        BinaryPrimitives.WriteUInt16BigEndian(head, checked((ushort)space));
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), checked((ushort)key));
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), value);
        return head;
    }

    private static List<StoreWrite> Parse(byte[] bytes, string path)
    {
        var rows = new List<StoreWrite>();
        var rest = bytes.AsSpan(Mark.Length, bytes.Length - Mark.Length - TrailSize);
        while (rest.Length >= HeadSize)
        {
            var (space, key) = (BinaryPrimitives.ReadUInt16BigEndian(rest), BinaryPrimitives.ReadUInt16BigEndian(rest[2..]));
            var value = BinaryPrimitives.ReadInt32BigEndian(rest[4..]);
            rest = rest[HeadSize..];
            if (space == 0 && rest.IsEmpty
                && BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(bytes.Length - TrailSize)) == rows.Count)
                return rows;
            if (space == 0 || key == 0 || value is < 0 or > StoreWrite.MaxValueBytes || rest.Length < (long)space + key + value)
                break;

            rows.Add(StoreWrite.Set(
                Encoding.UTF8.GetString(rest[..space]), Encoding.UTF8.GetString(rest.Slice(space, key)),
                rest.Slice(space + key, value).ToArray()));
            rest = rest[(space + key + value)..];
        }

        throw new StoreException($"the backup '{path}' cannot be read after {rows.Count} rows; it was made by another version of this program");
    }
}
