using Nacre.Formats.Verity;
using Nacre.Images.Verity;

namespace Nacre.UnitTests.Images.Verity;

/// <summary>A file of data and one for its tree; byte j of data block i is 7·i + 13·j, as in the published root hashes.</summary>
internal sealed class VerityScene : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("nacre-verity-").FullName;

    public string Data => Path.Combine(Folder, "data");

    public string Hash => Path.Combine(Folder, "hash");

    public static byte[] Salt(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)i)];

    public static VerityParameters Parameters(long blocks, string algorithm = "sha256", int dataBlock = 4096, int hashBlock = 4096, byte[]? salt = null, int type = 1)
    {
        Assert.True(VerityAlgorithm.TryFind(algorithm, out var known));
        return new(known, dataBlock, hashBlock, blocks, salt ?? Salt(32)) { HashType = type };
    }

    public void WriteData(long blocks, int size)
    {
        using var file = File.Create(Data);
        var block = new byte[size];
        for (var i = 0L; i < blocks; i++)
        {
            for (var j = 0; j < size; j++)
                block[j] = (byte)((7 * i) + (13 * j));
            file.Write(block);
        }
    }

    public async Task<byte[]> FormatAsync(VerityTree tree, int workers = 2)
    {
        using var data = File.OpenHandle(Data);
        using var hash = File.OpenHandle(Hash, FileMode.Create, FileAccess.Write);
        return await new VerityFormatter(tree, workers).WriteAsync(data, hash, "test", CancellationToken.None);
    }

    public async Task<VerityDamage?> CheckAsync(VerityTree tree, byte[] root, int workers = 2)
    {
        using var data = File.OpenHandle(Data);
        using var hash = File.OpenHandle(Hash);
        return await new VerityCheck(tree, workers).FindDamageAsync(data, hash, root, "test", CancellationToken.None);
    }

    /// <summary>Changes one bit, and back again when disposed.</summary>
    public static IDisposable Flip(string file, long offset, int bit = 0) => new FlippedBit(file, offset, bit);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private sealed class FlippedBit : IDisposable
    {
        private readonly string _file;
        private readonly long _offset;
        private readonly int _bit;

        public FlippedBit(string file, long offset, int bit)
        {
            (_file, _offset, _bit) = (file, offset, bit);
            Turn();
        }

        public void Dispose() => Turn();

        private void Turn()
        {
            using var file = new FileStream(_file, FileMode.Open, FileAccess.ReadWrite);
            file.Position = _offset;
            var value = file.ReadByte();
            file.Position = _offset;
            file.WriteByte((byte)(value ^ (1 << _bit)));
        }
    }
}
