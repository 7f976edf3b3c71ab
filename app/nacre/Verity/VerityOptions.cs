using System.CommandLine;
using Nacre.Formats;
using Nacre.Formats.Verity;

namespace Nacre.Cli.Verity;

/// <summary>The options that both verbs have, with the names and defaults of veritysetup.</summary>
internal sealed class VerityOptions
{
    private readonly Option<long?> _hashOffset = new("--hash-offset") { Description = "Byte offset of the hash area in HASH." };
    private readonly Option<bool> _noSuperblock = new("--no-superblock") { Description = "There is no superblock before the tree." };
    private readonly Option<string?> _salt = new("--salt") { Description = "Salt in hex, '-' for none.", HelpName = "HEX|-" };
    private readonly Option<string?> _hash = new("--hash") { Description = "sha256 (the default), sha1, sha384 or sha512." };
    private readonly Option<int?> _dataBlockSize = new("--data-block-size") { Description = "Bytes; 4096." };
    private readonly Option<int?> _hashBlockSize = new("--hash-block-size") { Description = "Bytes; 4096." };
    private readonly Option<int?> _format = new("--format") { Description = "1, or 0 for Chromium OS." };
    private readonly Option<long?> _dataBlocks = new("--data-blocks") { Description = "Blocks of data; all of DATA." };

    public static VerityOptions AddTo(Command command)
    {
        var o = new VerityOptions();
        Option[] all = [o._hashOffset, o._noSuperblock, o._salt, o._hash, o._dataBlockSize, o._hashBlockSize, o._format, o._dataBlocks];
        foreach (var option in all)
            command.Options.Add(option);
        return o;
    }

    public bool HasSuperblock(ParseResult line) => !line.GetValue(_noSuperblock);

    public long? HashOffset(ParseResult line) => line.GetValue(_hashOffset) is { } offset && (offset < 0 || offset > VerityParameters.MostBytes)
        ? throw new CommandException($"--hash-offset {offset} is no offset")
        : line.GetValue(_hashOffset);

    public int DataBlockSize(ParseResult line) => BlockSize(line, _dataBlockSize);

    /// <summary>What the options say, with the defaults of veritysetup.</summary>
    public VerityParameters Read(ParseResult line, VerityPlace place, Func<byte[]> defaultSalt)
    {
        var dataBlockSize = DataBlockSize(line);
        var type = line.GetValue(_format) ?? 1;
        if (type is not (0 or 1))
            throw new CommandException($"--format {type} is not known", "it is 1, or 0 for Chromium OS");

        return new(
            Algorithm(line),
            dataBlockSize,
            BlockSize(line, _hashBlockSize),
            line.GetValue(_dataBlocks) ?? place.CountBlocks(dataBlockSize),
            line.GetValue(_salt) is { } salt ? Salt(salt) : defaultSalt())
        {
            HashType = type,
        };
    }

    /// <summary>An option that is given beside a superblock must say the same: which of two was meant is not ours to guess.</summary>
    public void RequireAgreement(ParseResult line, VerityParameters found)
    {
        Require(line, _hash, line.GetValue(_hash)?.ToLowerInvariant(), found.Algorithm.Name);
        Require(line, _dataBlockSize, line.GetValue(_dataBlockSize), found.DataBlockSize);
        Require(line, _hashBlockSize, line.GetValue(_hashBlockSize), found.HashBlockSize);
        Require(line, _format, line.GetValue(_format), found.HashType);
        Require(line, _dataBlocks, line.GetValue(_dataBlocks), found.DataBlocks);
        var salt = line.GetValue(_salt) is { } text ? Convert.ToHexStringLower(Salt(text)) : null;
        Require(line, _salt, salt, Convert.ToHexStringLower(found.Salt.Span));
    }

    private static void Require(ParseResult line, Option option, object? said, object found)
    {
        if (line.GetResult(option) is { Implicit: false } && !Equals(said, found))
        {
            throw new CommandException(
                $"{option.Name} is {said}, the superblock says {found}", "leave the option out, or name another tree", ExitCode.NotVerified);
        }
    }

    private VerityAlgorithm Algorithm(ParseResult line)
    {
        var name = line.GetValue(_hash)?.ToLowerInvariant() ?? VerityAlgorithm.Sha256.Name;
        return VerityAlgorithm.TryFind(name, out var algorithm)
            ? algorithm
            : throw new CommandException($"--hash {name} is not known", $"known are {string.Join(", ", VerityAlgorithm.All)}");
    }

    private static int BlockSize(ParseResult line, Option<int?> option)
    {
        const int usual = 4096;
        var size = line.GetValue(option) ?? usual;
        return VerityParameters.IsBlockSize(size)
            ? size
            : throw new CommandException($"{option.Name} {size} is not possible", "it is a power of two from 512 to 524288");
    }

    private static byte[] Salt(string text) =>
        text == "-" ? [] : HexText.Decode(text) is { Length: <= VerityParameters.LongestSalt } salt
            ? salt
            : throw new CommandException("--salt is not at most 256 bytes in hex", "'-' is no salt");
}
