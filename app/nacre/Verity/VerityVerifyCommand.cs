using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Cli.Image;
using Nacre.Formats;
using Nacre.Formats.Verity;
using Nacre.Images.Verity;

namespace Nacre.Cli.Verity;

/// <summary><c>nacre verity verify DATA [HASH] ROOT</c></summary>
internal static class VerityVerifyCommand
{
    public static Command Create()
    {
        var data = new Argument<FileInfo>("data") { Description = "File that the tree is over." };
        var rest = new Argument<string[]>("hash-and-root")
        {
            Description = "File of the tree, where it is not DATA itself, then the root hash in hex.",
            Arity = new ArgumentArity(1, 2),
            HelpName = "[HASH] ROOT",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command("verify", "Verify all of a file and of its hash tree. Example: nacre verity verify disk.img disk.verity ROOT")
        {
            data, rest, json,
        };
        var options = VerityOptions.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var words = line.GetRequiredValue(rest);
            var root = HexText.Decode(words[^1]) ?? throw new CommandException($"'{words[^1]}' is no root hash", "it is the last word, in hex");
            var place = Place(line.GetRequiredValue(data), words.Length == 2 ? words[0] : null, options.HashOffset(line));
            var tree = ReadTree(line, options, place);
            if (root.Length != tree.Parameters.Algorithm.Size)
            {
                throw new CommandException(
                    $"the root hash has {root.Length} bytes, {tree.Parameters.Algorithm} has {tree.Parameters.Algorithm.Size}",
                    "give the whole root hash, or the --hash that it was made with", ExitCode.NotVerified);
            }

            using var dataHandle = File.OpenHandle(place.Data.FullName);
            using var hashHandle = File.OpenHandle(place.Hash.FullName);
            var damage = await new VerityCheck(tree).FindDamageAsync(dataHandle, hashHandle, root, place.Data.ToString(), cancel);
            return await ReportAsync(tree, damage, place, line.GetValue(json));
        });
        return command;
    }

    private static VerityPlace Place(FileInfo data, string? hash, long? offset)
    {
        var place = new VerityPlace(data, hash is null ? data : new FileInfo(hash), offset ?? 0);
        foreach (var file in (FileInfo[])[place.Data, place.Hash])
        {
            if (!file.Exists)
                throw new CommandException($"'{file}' does not exist", "nacre verity verify DATA [HASH] ROOT");
        }

        return place.IsOneFile && offset is null
            ? throw new CommandException($"where in '{data}' is the hash tree?", "say --hash-offset, or name its file before the root hash")
            : place;
    }

    private static VerityTree ReadTree(ParseResult line, VerityOptions options, VerityPlace place)
    {
        VerityParameters parameters;
        if (options.HasSuperblock(line))
        {
            parameters = ReadSuperblock(place).Parameters;
            options.RequireAgreement(line, parameters);
        }
        else
        {
            parameters = options.Read(
                line, place, () => throw new CommandException("a tree without superblock needs its --salt", "'-' is no salt"));
        }

        var tree = place.CreateTree(parameters, options.HasSuperblock(line));
        return tree.End <= place.Hash.Length
            ? tree
            : throw new CommandException(
                $"the tree ends at byte {tree.End}, '{place.Hash}' has {place.Hash.Length}", "the file is cut short, or the parameters are others");
    }

    private static VeritySuperblock ReadSuperblock(VerityPlace place)
    {
        using var handle = File.OpenHandle(place.Hash.FullName);
        var bytes = new byte[VeritySuperblock.Size];
        return VeritySuperblock.Parse(bytes.AsSpan(0, RandomAccess.Read(handle, bytes, place.HashOffset)));
    }

    private static async Task<int> ReportAsync(VerityTree tree, VerityDamage? damage, VerityPlace place, bool json)
    {
        var file = damage is null || damage.Level == VerityDamage.Data ? place.Data : place.Hash;
        if (json)
        {
            await ImageVerb.WriteJsonAsync(new JsonObject
            {
                ["verified"] = damage is null,
                ["dataBlocks"] = tree.Parameters.DataBlocks,
                ["damage"] = damage is null ? null : new JsonObject
                {
                    ["part"] = damage.Level == VerityDamage.Data ? "data" : "tree",
                    ["level"] = damage.Level == VerityDamage.Data ? null : damage.Level,
                    ["block"] = damage.Block,
                    ["offset"] = damage.Offset,
                    ["file"] = file.ToString(),
                    ["expected"] = damage.Expected is { } expected ? Convert.ToHexStringLower(expected) : null,
                    ["found"] = Convert.ToHexStringLower(damage.Found),
                },
            });
        }

        if (damage is not null)
        {
            throw new CommandException(
                $"{file}: {damage}",
                damage.AtRoot ? "it may be the root hash, the salt or another parameter that is wrong" : "fetch or make the file again",
                ExitCode.NotVerified);
        }

        if (!json)
            await Console.Out.WriteLineAsync($"verified: {tree.Parameters.DataBlocks} data blocks, {tree.HashBlocks} hash blocks");
        return ExitCode.Done;
    }
}
