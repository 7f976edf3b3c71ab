using System.Diagnostics;
using System.Security.Cryptography;
using Nacre.Images;
using Nacre.Images.Unpack;

namespace Nacre.UnitTests.Images;

/// <summary>Sparse files, packed by the real GNU tar in each of its four forms, and maps that lie.</summary>
[Trait("Group", "ImagesUnpack")]
public sealed class SparseFileTests : IDisposable
{
    private const long Size = 64L << 20;
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-sparse-").FullName;

    private string Source => Path.Combine(_directory, "file");

    private string Rootfs => Path.Combine(_directory, "rootfs");

    [Theory]
    [InlineData(3, "--format=gnu")]
    [InlineData(3, "--format=pax", "--sparse-version=0.0")]
    [InlineData(3, "--format=pax", "--sparse-version=0.1")]
    [InlineData(3, "--format=pax", "--sparse-version=1.0")]
    [InlineData(200, "--format=gnu")]
    [InlineData(200, "--format=pax", "--sparse-version=0.0")]
    [InlineData(200, "--format=pax", "--sparse-version=0.1")]
    [InlineData(200, "--format=pax", "--sparse-version=1.0")]
    public async Task Is_what_GNU_tar_packed_with_its_holes(int pieces, params string[] options)
    {
        await WriteAsync(pieces);
        var tar = await TarAsync(["-S", .. options]);
        Assert.True(tar.Length < Size / 4, "tar packed no sparse file");
        await ApplyAsync(tar);
        await CompareAsync();
    }

    [Fact]
    public async Task Zeros_that_were_packed_as_data_become_holes()
    {
        await WriteAsync(3);
        await ApplyAsync(await TarAsync([]));
        await CompareAsync();
    }

    [Theory]
    [InlineData("0,3,2,1", "4", 4)]
    [InlineData("0,5", "4", 5)]
    [InlineData("0,4", "4", 3)]
    [InlineData("0", "4", 4)]
    [InlineData("0,-4", "4", 4)]
    [InlineData("9223372036854775807,1", "4", 1)]
    [InlineData("x,1", "4", 1)]
    [InlineData("0,1", "many", 1)]
    public async Task A_map_that_lies_is_refused(string map, string size, int stored) =>
        await RefusesAsync(ImageFault.Malformed, new TarBytes()
            .Pax(("GNU.sparse.size", size), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", map)).File("f", new string('x', stored)).ToArray());

    [Theory]
    [InlineData("1\n0\n4\n", ImageFault.Malformed)]
    [InlineData("999999999\n", ImageFault.Malformed)]
    [InlineData("111111111111111111111111111\n", ImageFault.Malformed)]
    [InlineData("no", ImageFault.Malformed)]
    public async Task A_map_in_the_data_that_lies_is_refused(string map, ImageFault fault) =>
        await RefusesAsync(fault, new TarBytes()
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "4"), ("GNU.sparse.name", "f"))
            .File("GNUSparseFile.0/f", map.PadRight(512, '\0') + "12345").ToArray());

    [Fact]
    public async Task A_hole_larger_than_all_that_may_be_unpacked_is_refused() =>
        await RefusesAsync(ImageFault.TooLarge, new TarBytes()
            .Pax(("GNU.sparse.size", $"{1L << 50}"), ("GNU.sparse.numblocks", "0"), ("GNU.sparse.map", "")).File("f").ToArray());

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task WriteAsync(int pieces)
    {
        await using var file = File.Create(Source);
        file.SetLength(Size);
        for (var i = 0; i < pieces; i++)
        {
            file.Position = Size / pieces * i;
            await file.WriteAsync(RandomNumberGenerator.GetBytes(5000));
        }
    }

    private async Task<byte[]> TarAsync(string[] options)
    {
        var start = new ProcessStartInfo("tar", ["-c", .. options, "-C", _directory, "file"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    private async Task CompareAsync()
    {
        var made = Path.Combine(Rootfs, "file");
        Assert.Equal(Size, new FileInfo(made).Length);
        Assert.Equal(await HashAsync(Source), await HashAsync(made));
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%b", made]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var blocks = long.Parse(await stat.StandardOutput.ReadToEndAsync(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(blocks * 512 < Size / 2, $"it takes {blocks * 512} bytes of the disk");
    }

    private static async Task<string> HashAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexString(await SHA256.HashDataAsync(file));
    }

    private async Task RefusesAsync(ImageFault fault, byte[] layer) => Assert.Equal(fault, (await Assert.ThrowsAsync<ImageException>(() => ApplyAsync(layer))).Fault);

    private async Task ApplyAsync(byte[] layer)
    {
        Directory.CreateDirectory(Rootfs);
        using var rootfs = new RootfsBuilder(Rootfs, new());
        await rootfs.ApplyAsync(new MemoryStream(layer), "test", CancellationToken.None);
        rootfs.Complete();
    }
}
