using System.Globalization;

namespace Nacre.Images.Verity;

/// <summary>The first place where data or tree is not what the root hash says.</summary>
/// <param name="Level">-1 for the data, else the level of the tree: 0 the leaves.</param>
/// <param name="Block">Number of the block, in the data or in its level.</param>
/// <param name="Offset">Of that block in its file, in bytes.</param>
/// <param name="Expected">The digest that it should have; null when the digest is right but spare bytes of it are not zero.</param>
/// <param name="Found">The digest that it has.</param>
public sealed record VerityDamage(int Level, long Block, long Offset, byte[]? Expected, byte[] Found)
{
    public const int Data = -1;

    /// <summary>Whether the digest expected was the root hash itself, so that root hash, salt or parameters may be wrong as well.</summary>
    public bool AtRoot { get; init; }

    public override string ToString()
    {
        var place = string.Create(
            CultureInfo.InvariantCulture,
            $"{(Level == Data ? "data block" : $"hash block of level {Level},")} {Block} at offset 0x{Offset:x}");
        return Expected is null
            ? $"{place} has bytes after its last digest that are not zero"
            : $"{place} is damaged: expected {Convert.ToHexStringLower(Expected)}, found {Convert.ToHexStringLower(Found)}";
    }
}
