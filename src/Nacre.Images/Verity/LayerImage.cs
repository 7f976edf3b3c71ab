using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Erofs;
using Nacre.Formats.Verity;
using Nacre.Images.Oci;

namespace Nacre.Images.Verity;

/// <summary>An EROFS image of a layer with its hash tree behind it: the root hash is all that one who reads it must know.</summary>
/// <param name="RootHash">Of the tree, sha256 over blocks of 4096 bytes, type 1.</param>
/// <param name="HashOffset">Where the tree begins, without a superblock; before it is the image.</param>
/// <param name="Salt">Of the tree.</param>
public sealed record LayerImage(byte[] RootHash, long HashOffset, byte[] Salt)
{
    /// <summary>
    /// The salt of containerd. It must be the same everywhere for the root hash to be; another one would defend against nothing.
    /// </summary>
    public static byte[] DefaultSalt => new byte[32];

    public VerityTree Tree => new(
        new(VerityAlgorithm.Sha256, ErofsSuperblock.BlockSize, ErofsSuperblock.BlockSize, HashOffset / ErofsSuperblock.BlockSize, Salt),
        HashOffset);

    /// <summary>Reads <c>layer.erofs.dmverity</c> as containerd's EROFS snapshotter writes it; without a salt it is the default one.</summary>
    /// <exception cref="ImageException">It is none; which member is wrong.</exception>
    public static LayerImage Parse(ReadOnlySpan<byte> json, string where)
    {
        var root = OciJson.Parse(json, where);
        var hash = HexText.Decode(OciJson.Text(root, "roothash", where));
        if (hash?.Length != VerityAlgorithm.Sha256.Size)
            throw OciJson.Malformed("'roothash' must be 32 bytes in hex", where);

        var offset = OciJson.Number(root, "hashoffset", where);
        if (offset <= 0 || offset % ErofsSuperblock.BlockSize != 0 || offset / ErofsSuperblock.BlockSize > uint.MaxValue)
            throw OciJson.Malformed($"'hashoffset' is {offset}, must be a number of whole blocks of {ErofsSuperblock.BlockSize} bytes", where);

        var salt = OciJson.FindText(root, "salt", where) is { } text ? HexText.Decode(text) : DefaultSalt;
        return salt is { Length: <= VerityParameters.LongestSalt }
            ? new(hash, offset, salt)
            : throw OciJson.Malformed("'salt' must be at most 256 bytes in hex", where);
    }

    public JsonObject ToJson() => new()
    {
        ["roothash"] = Convert.ToHexStringLower(RootHash),
        ["hashoffset"] = HashOffset,
        ["salt"] = Convert.ToHexStringLower(Salt),
    };
}
