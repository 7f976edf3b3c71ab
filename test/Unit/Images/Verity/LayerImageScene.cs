using System.Security.Cryptography;
using System.Text;
using Nacre.Formats.Erofs;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Unpack;
using Nacre.Images.Verity;

namespace Nacre.UnitTests.Images.Verity;

/// <summary>Makes the image of a layer, and reads all of it again.</summary>
internal sealed class LayerImageScene : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("nacre-erofs-").FullName;

    public List<string> Notes { get; } = [];

    public async Task<(string Path, LayerImage Image)> WriteAsync(byte[] tar, UnpackLimits? limits = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)))).FullName;
        var budget = new UnpackBudget(limits ?? new());
        var diffId = Digest.Sha256(tar);
        await using var feed = new LayerFeed(new MemoryStream(tar), LayerCompression.None, diffId, budget, "test");
        var image = await LayerImages.WriteLayerAsync(feed, folder, diffId, budget, Notes, CancellationToken.None);
        Assert.Equal([LayerImages.ImageName, LayerImages.TreeName], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        return (Path.Combine(folder, LayerImages.ImageName), image);
    }

    /// <summary>A line for each name, in order: what it is and everything about it.</summary>
    public static async Task<List<string>> ListAsync(IByteSource image, long size)
    {
        var lines = new List<string>();
        var reader = await ErofsReader.OpenAsync(image, size, CancellationToken.None);
        var open = new Stack<(string Path, ErofsFile File)>([("", await reader.RootAsync(CancellationToken.None))]);
        const int most = 10_000;
        while (open.TryPop(out var item) && lines.Count < most)
        {
            lines.Add(await DescribeAsync(reader, item.Path, item.File));
            if (!item.File.IsDirectory)
                continue;

            for (var block = 0; block < ErofsReader.DirectoryBlocks(item.File); block++)
            {
                foreach (var entry in await reader.ListAsync(item.File, block, CancellationToken.None))
                {
                    if (entry.Name is not ("." or ".."))
                        open.Push(($"{item.Path}/{entry.Name}", await reader.GetAsync(entry.Inode, CancellationToken.None)));
                }
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    public async Task<List<string>> ListAsync(byte[] tar)
    {
        var (path, image) = await WriteAsync(tar);
        await using var source = new VeritySource(new FileByteSource(path), image.Tree, image.RootHash);
        return await ListAsync(source, image.HashOffset);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static async Task<string> DescribeAsync(ErofsReader reader, string path, ErofsFile file)
    {
        var inode = file.Inode;
        var text = new StringBuilder($"{path} {inode.Kind} {Convert.ToString(inode.Permissions, 8)} {inode.User}:{inode.Group} x{inode.Links}");
        if (inode.Kind is ErofsKind.CharacterDevice or ErofsKind.BlockDevice)
            text.Append($" dev {inode.BlockOrDevice:x}");
        if (inode.Kind == ErofsKind.SymbolicLink)
            text.Append($" -> {Encoding.Latin1.GetString(await reader.TargetAsync(file, CancellationToken.None))}");
        if (inode.Kind == ErofsKind.Regular)
        {
            var data = new byte[Math.Min(inode.Size, 1 << 20)];
            var count = await reader.ReadAsync(file, 0, data, CancellationToken.None);
            text.Append($" {inode.Size} {Convert.ToHexStringLower(SHA256.HashData(data.AsSpan(0, count)))[..8]}");
        }

        foreach (var (name, value) in (await reader.AttributesAsync(file, CancellationToken.None)).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            text.Append($" [{name}={Encoding.Latin1.GetString(value)}]");
        return text.ToString();
    }
}
