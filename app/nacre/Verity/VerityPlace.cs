using Nacre.Formats.Verity;

namespace Nacre.Cli.Verity;

/// <summary>The files of a tree: where the data ends and where the hash area begins, when both may be one file.</summary>
/// <param name="Data">The file of the data.</param>
/// <param name="Hash">The file of the tree.</param>
/// <param name="HashOffset">Of the superblock, or of the tree where there is none.</param>
internal sealed record VerityPlace(FileInfo Data, FileInfo Hash, long HashOffset)
{
    public bool IsOneFile => Data.FullName == Hash.FullName;

    /// <summary>How many blocks of data there are, unless the user says it.</summary>
    public long CountBlocks(int dataBlockSize)
    {
        if (!Data.Exists)
            throw new CommandException($"'{Data}' does not exist", "DATA is the file that the tree is over");

        var size = IsOneFile && HashOffset > 0 ? Math.Min(HashOffset, Data.Length) : Data.Length;
        if (size >= dataBlockSize && size % dataBlockSize == 0)
            return size / dataBlockSize;

        throw new CommandException(
            $"'{Data}' has {size} bytes of data, which are not whole blocks of {dataBlockSize}",
            size < dataBlockSize
                ? "take a smaller --data-block-size, or fill the file up"
                : $"fill it up, or leave its end out knowingly with --data-blocks {size / dataBlockSize}");
    }

    public VerityTree CreateTree(VerityParameters parameters, bool superblock)
    {
        if (HashOffset % VerityParameters.SmallestBlock != 0)
            throw new CommandException($"--hash-offset {HashOffset} is no multiple of 512");
        if (!superblock && HashOffset % parameters.HashBlockSize != 0)
        {
            throw new CommandException(
                $"--hash-offset {HashOffset} is no multiple of the hash block size {parameters.HashBlockSize}",
                "without a superblock the tree itself starts there");
        }

        if (!VerityParameters.IsBlockCount(parameters.DataBlocks, parameters.DataBlockSize, parameters.HashBlockSize))
            throw new CommandException($"{parameters.DataBlocks} is no number of data blocks", "--data-blocks must be 1 at least");
        if (parameters.DataSize > Data.Length)
        {
            throw new CommandException(
                $"{parameters.DataBlocks} blocks of {parameters.DataBlockSize} are {parameters.DataSize} bytes, '{Data}' has {Data.Length}",
                "the file is cut short, or --data-blocks is too large");
        }

        if (IsOneFile && HashOffset < parameters.DataSize)
        {
            throw new CommandException(
                $"the hash area at {HashOffset} would lie in the data, which has {parameters.DataSize} bytes",
                "take a larger --hash-offset, or name a file for the tree");
        }

        return new(parameters, superblock ? VerityTree.StartBehindSuperblock(HashOffset, parameters.HashBlockSize) : HashOffset);
    }
}
