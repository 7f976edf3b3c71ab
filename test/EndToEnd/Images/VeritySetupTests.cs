using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;

namespace Nacre.EndToEndTests.Images;

/// <summary><c>nacre verity</c> and the real veritysetup: the same bytes, each verified by the other, and what is refused.</summary>
[Trait("Group", "ImagesVerity")]
public sealed class VeritySetupTests : IDisposable
{
    private const string Uuid = "00112233-4455-6677-8899-aabbccddeeff";
    private const string SaltText = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-verity-").FullName;

    private string Data => Path.Combine(_folder, "data");

    private string Own => Path.Combine(_folder, "own");

    private string Theirs => Path.Combine(_folder, "theirs");

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(300, "--hash", "sha384", "--hash-block-size", "1024")]
    [InlineData(300, "--hash", "sha1", "--format", "0")]
    [InlineData(2400, "--hash", "sha512", "--data-block-size", "512", "--hash-block-size", "512")]
    [InlineData(300, "--no-superblock", "--salt", "-")]
    [InlineData(300, "--hash-offset", "1536", "--data-blocks", "200")]
    [InlineData(300, "--hash", "SHA256", "--hash-block-size", "65536", "--data-block-size", "1024")]
    public async Task Same_bytes_and_each_verifies_the_other(int blocks, params string[] options)
    {
        WriteData(blocks * (options.Contains("512") ? 512 : 4096));
        if (!options.Contains("--salt"))
            options = [.. options, "--salt", SaltText];
        string[] uuid = options.Contains("--no-superblock") ? [] : ["--uuid", Uuid];

        var theirs = RootOf(await ToolRun.RunAsync("/usr/sbin/veritysetup", ["format", Data, Theirs, .. options, .. uuid]));
        var own = RootOf(await NacreAsync(0, ["verity", "format", Data, Own, .. options, .. uuid]));

        Assert.Equal(theirs, own);
        Assert.Equal(await File.ReadAllBytesAsync(Theirs), await File.ReadAllBytesAsync(Own));
        await ToolRun.RunAsync("/usr/sbin/veritysetup", ["verify", Data, Own, own, .. options]);
        await NacreAsync(0, ["verity", "verify", Data, Theirs, theirs, .. options]);
    }

    [Fact]
    public async Task A_tree_behind_its_data_in_one_file()
    {
        WriteData(300 * 4096);
        var made = JsonNode.Parse(await NacreAsync(0, "verity", "format", Data, "--json"))!;
        var offset = made["hashOffset"]!.GetValue<long>().ToString(CultureInfo.InvariantCulture);
        var root = made["rootHash"]!.GetValue<string>();
        Assert.Equal("1228800", offset);

        await ToolRun.RunAsync("/usr/sbin/veritysetup", ["verify", Data, Data, root, "--hash-offset", offset]);
        await NacreAsync(0, "verity", "verify", Data, root, "--hash-offset", offset);
        // Again over the same data, now that the file has a tree at its end.
        Assert.Contains("would lie in the data", await NacreAsync(1, "verity", "format", Data, "--data-blocks", "301", "--hash-offset", offset), StringComparison.Ordinal);
        await NacreAsync(0, "verity", "format", Data, "--hash-offset", offset);
    }

    [Fact]
    public async Task Damage_is_named_with_its_place_and_the_code_of_what_is_not_verified()
    {
        WriteData(300 * 4096);
        var root = RootOf(await NacreAsync(0, "verity", "format", Data, Own));

        Flip(Data, (17 * 4096) + 5);
        Assert.Contains("data block 17 at offset 0x11000 is damaged", await NacreAsync(4, "verity", "verify", Data, Own, root), StringComparison.Ordinal);
        var report = await NacreAsync(4, "verity", "verify", Data, Own, root, "--json");
        Assert.Contains("\"part\": \"data\"", report, StringComparison.Ordinal);
        Flip(Data, (17 * 4096) + 5);

        Flip(Own, (4096 * 3) + 9);
        Assert.Contains("hash block of level 0, 1 at offset 0x3000", await NacreAsync(4, "verity", "verify", Data, Own, root), StringComparison.Ordinal);
        Flip(Own, (4096 * 3) + 9);

        Flip(Own, 88);
        Assert.Contains("the salt or another parameter", await NacreAsync(4, "verity", "verify", Data, Own, root), StringComparison.Ordinal);
        Flip(Own, 88);

        Flip(Own, 64);
        Assert.Contains("verity.superblock.data_block_size at 0x040: is 4097", await NacreAsync(4, "verity", "verify", Data, Own, root), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("are not whole blocks of 4096", 4097)]
    [InlineData("is not possible", 8192, "--data-block-size", "1000")]
    [InlineData("is not known", 8192, "--hash", "md5")]
    [InlineData("is not known", 8192, "--format", "2")]
    [InlineData("no multiple of 512", 8192, "--hash-offset", "100")]
    [InlineData("no multiple of the hash block size", 8192, "--hash-offset", "512", "--no-superblock")]
    [InlineData("3 blocks of 4096 are 12288 bytes", 8192, "--data-blocks", "3")]
    [InlineData("256 bytes in hex", 8192, "--salt", "0g")]
    public async Task What_cannot_be_is_refused_before_anything_is_written(string message, int size, params string[] options)
    {
        WriteData(size);
        Assert.Contains(message, await NacreAsync(1, ["verity", "format", Data, Own, .. options]), StringComparison.Ordinal);
        Assert.False(File.Exists(Own));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string RootOf(string text) =>
        text.Split('\n').Single(line => line.StartsWith("Root hash:", StringComparison.Ordinal))["Root hash:".Length..].Trim();

    private static async Task<string> NacreAsync(int code, params string[] arguments)
    {
        var (found, output, error) = await NacreProgram.RunAsync(arguments);
        Assert.True(found == code, $"expected code {code}, was {found}: {output}{error}");
        return code == 0 ? output : output + error;
    }

    private void WriteData(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++)
            bytes[i] = (byte)((i * 31) + (i >> 9));
        File.WriteAllBytes(Data, bytes);
    }

    private static void Flip(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }
}
