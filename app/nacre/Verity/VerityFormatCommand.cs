using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Nacre.Cli.Image;
using Nacre.Formats.Verity;
using Nacre.Images.Verity;

namespace Nacre.Cli.Verity;

/// <summary><c>nacre verity format DATA [HASH]</c></summary>
internal static class VerityFormatCommand
{
    private const int DefaultSaltSize = 32;

    public static Command Create()
    {
        var data = new Argument<FileInfo>("data") { Description = "File that the tree is over." };
        var hash = new Argument<FileInfo?>("hash")
        {
            Description = "File for the tree; without it the tree is appended to DATA.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var uuid = new Option<Guid?>("--uuid") { Description = "For the superblock; a random one." };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command("format", "Build a hash tree and print its root hash. Example: nacre verity format disk.img disk.verity")
        {
            data, hash, uuid, json,
        };
        var options = VerityOptions.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var place = Place(line.GetRequiredValue(data), line.GetValue(hash), options.HashOffset(line), options.DataBlockSize(line));
            var parameters = options.Read(line, place, () => RandomNumberGenerator.GetBytes(DefaultSaltSize));
            var superblock = options.HasSuperblock(line)
                ? new VeritySuperblock(parameters, line.GetValue(uuid) ?? new Guid(RandomNumberGenerator.GetBytes(16)))
                : null;
            var tree = place.CreateTree(parameters, superblock is not null);
            var root = await WriteAsync(place, tree, superblock, cancel);
            if (line.GetValue(json))
                await ImageVerb.WriteJsonAsync(Json(place, tree, superblock, root));
            else
                await Console.Out.WriteAsync(Text(place, tree, superblock, root));
            return ExitCode.Done;
        });
        return command;
    }

    private static VerityPlace Place(FileInfo data, FileInfo? hash, long? offset, int dataBlockSize)
    {
        if (hash is not null)
            return new(data, hash, offset ?? 0);

        // The file itself: behind its data, whatever --data-blocks leaves out.
        var place = new VerityPlace(data, data, offset ?? 0);
        return offset is null ? place with { HashOffset = place.CountBlocks(dataBlockSize) * dataBlockSize } : place;
    }

    private static async Task<byte[]> WriteAsync(VerityPlace place, VerityTree tree, VeritySuperblock? superblock, CancellationToken cancel)
    {
        using var data = File.OpenHandle(place.Data.FullName);
        using var hash = File.OpenHandle(place.Hash.FullName, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        var root = await new VerityFormatter(tree).WriteAsync(data, hash, place.Data.ToString(), cancel);

        // Last, so that what was broken off has no superblock.
        if (superblock is not null)
            RandomAccess.Write(hash, superblock.ToBytes(), place.HashOffset);
        FillUp(hash, tree.End);
        return root;
    }

    // One block of data has no tree: the hash area is then the block of the superblock alone.
    private static void FillUp(SafeFileHandle hash, long end)
    {
        if (RandomAccess.GetLength(hash) < end)
            RandomAccess.SetLength(hash, end);
    }

    private static JsonObject Json(VerityPlace place, VerityTree tree, VeritySuperblock? superblock, byte[] root) => new()
    {
        ["rootHash"] = Convert.ToHexStringLower(root),
        ["salt"] = Convert.ToHexStringLower(tree.Parameters.Salt.Span),
        ["hash"] = tree.Parameters.Algorithm.Name,
        ["format"] = tree.Parameters.HashType,
        ["dataBlocks"] = tree.Parameters.DataBlocks,
        ["dataBlockSize"] = tree.Parameters.DataBlockSize,
        ["hashBlockSize"] = tree.Parameters.HashBlockSize,
        ["hashBlocks"] = tree.HashBlocks,
        ["hashOffset"] = place.HashOffset,
        ["treeOffset"] = tree.Start,
        ["uuid"] = superblock?.Uuid.ToString(),
    };

    // The lines of veritysetup, which scripts read.
    private static string Text(VerityPlace place, VerityTree tree, VeritySuperblock? superblock, byte[] root)
    {
        var p = tree.Parameters;
        return string.Create(CultureInfo.InvariantCulture, $"""
            VERITY header information for {place.Hash}
            UUID:            	{superblock?.Uuid}
            Hash type:       	{p.HashType}
            Data blocks:     	{p.DataBlocks}
            Data block size: 	{p.DataBlockSize}
            Hash blocks:     	{tree.HashBlocks}
            Hash block size: 	{p.HashBlockSize}
            Hash algorithm:  	{p.Algorithm}
            Salt:            	{(p.Salt.IsEmpty ? "-" : Convert.ToHexStringLower(p.Salt.Span))}
            Root hash:      	{Convert.ToHexStringLower(root)}
            Hash device size: 	{tree.End} [bytes]

            """);
    }
}
