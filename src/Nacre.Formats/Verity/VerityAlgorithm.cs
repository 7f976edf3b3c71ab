using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Nacre.Formats.Verity;

/// <summary>A hash that dm-verity trees are built with, by the kernel's name. <paramref name="Size"/> is bytes of a digest.</summary>
public sealed record VerityAlgorithm(string Name, HashAlgorithmName Hash, int Size)
{
    public const int LargestSize = 64;

    public static readonly VerityAlgorithm Sha256 = new("sha256", HashAlgorithmName.SHA256, 32);

    /// <summary>Of the kernel's hashes those that cryptsetup is used with; SHA-1 is here only because images of that kind exist.</summary>
    public static IReadOnlyList<VerityAlgorithm> All { get; } =
    [
        new("sha1", HashAlgorithmName.SHA1, 20),
        Sha256,
        new("sha384", HashAlgorithmName.SHA384, 48),
        new("sha512", HashAlgorithmName.SHA512, 64),
    ];

    /// <summary>Names are in lower case, as cryptsetup writes them into the superblock.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out VerityAlgorithm? algorithm)
    {
        algorithm = All.FirstOrDefault(known => known.Name == name);
        return algorithm is not null;
    }

    public override string ToString() => Name;
}
