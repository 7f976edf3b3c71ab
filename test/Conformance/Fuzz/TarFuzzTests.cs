using System.Text;
using Nacre.Images;
using Nacre.Images.Unpack;
using Nacre.Linux.Files;
using Nacre.UnitTests.Images;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>Mutated archives, unpacked for real: they end in documented errors and write nothing outside their directory.</summary>
[Trait("Group", "ImagesFuzz")]
public sealed class TarFuzzTests : IDisposable
{
    private const int Block = 512;
    private static readonly UnpackLimits s_limits = new() { Bytes = 1 << 24, Entries = 1000 };
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-fuzz-").FullName;

    private static byte[][] Corpus =>
    [
        new TarBytes().Directory("d").File("d/f", "content").Symlink("l", "d").HardLink("h", "d/f").File("d/.wh.f").File(".wh..wh..opq").ToArray(),
        new TarBytes().Pax(("path", "a/b"), ("mtime", "1.5"), ("size", "7"), ("SCHILY.xattr.user.a", "v")).File("x", "content").Entry('3', "c", major: 1, minor: 3).ToArray(),
        new TarBytes().Raw('L', "././@LongLink", Encoding.UTF8.GetBytes(new string('n', 200) + "\0")).File("short", "x").Raw('K', "././@LongLink", "t\0"u8.ToArray()).Symlink("s", "u").ToArray(),
        new TarBytes().Pax(("GNU.sparse.major", "0"), ("GNU.sparse.minor", "1"), ("GNU.sparse.size", "2048"), ("GNU.sparse.map", "512,4")).File("sparse", "data").ToArray(),
    ];

    [Fact]
    public void Archives()
    {
        var unpacked = 0L;
        var tried = Fuzzer.Run("tar", Corpus, ["../"u8.ToArray(), "/etc/"u8.ToArray(), ".wh."u8.ToArray(), "12 path=a\n"u8.ToArray(), new byte[Block]], bytes =>
        {
            // Without whole blocks and right sums hardly any change would get past the header.
            if (TryUnpack(bytes.Length % 4 == 0 ? bytes : Repair(bytes)))
                unpacked++;
        });
        Assert.True(unpacked * 50 > tried, $"only {unpacked} of {tried} mutations were unpacked: the fuzzer reaches little more than the header");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private bool TryUnpack(byte[] tar)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "rootfs"));
        using var rootfs = new RootfsBuilder(Path.Combine(_directory, "rootfs"), new() { Limits = s_limits });
        var applied = rootfs.ApplyAsync(new MemoryStream(tar), "fuzz", CancellationToken.None).AsTask();
        Assert.True(applied.IsCompleted, "reading from memory waited for something");
        if (applied.IsCompletedSuccessfully)
            rootfs.Complete();

        Assert.Equal(["rootfs"], Directory.EnumerateFileSystemEntries(_directory).Select(Path.GetFileName));
        using var directory = DirectoryHandle.Open(_directory);
        directory.RemoveTree("rootfs");
        var error = applied.Exception?.InnerException;
        Assert.True(error is null or EndOfStreamException or ImageException { What.Length: > 0, Where: "fuzz", Remedy.Length: > 0 }, error?.ToString());
        return error is null;
    }

    /// <summary>Every header at the beginning of a block again, with its sum.</summary>
    private static byte[] Repair(byte[] tar)
    {
        var repaired = new List<byte>();
        for (var start = NextHeader(tar, 0); start < tar.Length;)
        {
            var end = NextHeader(tar, start + Block);
            var part = new byte[(end - start + Block - 1) / Block * Block];
            tar.AsSpan(start, end - start).CopyTo(part);
            CorrectSum(part.AsSpan(0, Block));
            repaired.AddRange(part);
            start = end;
        }

        return [.. repaired];
    }

    // Where the block begins that has the magic in its place.
    private static int NextHeader(byte[] tar, int from)
    {
        const int magic = 257;
        var found = from + magic < tar.Length ? tar.AsSpan(from + magic).IndexOf("ustar"u8) : -1;
        return found < 0 ? tar.Length : from + found;
    }

    private static void CorrectSum(Span<byte> block)
    {
        var sum = 8 * ' ';
        for (var i = 0; i < Block; i++)
            sum += i is >= 148 and < 156 ? 0 : block[i];
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
    }
}
