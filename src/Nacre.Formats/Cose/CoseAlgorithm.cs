using System.Security.Cryptography;

namespace Nacre.Formats.Cose;

/// <summary>The signature algorithms that are accepted (RFC 9053, section 2.1), each with the one curve it is used on here.</summary>
public sealed record CoseAlgorithm(long Id, string Name, HashAlgorithmName Hash, int SignatureSize)
{
    public static CoseAlgorithm Es256 { get; } = new(-7, "ES256", HashAlgorithmName.SHA256, 64);
    public static CoseAlgorithm Es384 { get; } = new(-35, "ES384", HashAlgorithmName.SHA384, 96);
    public static CoseAlgorithm Es512 { get; } = new(-36, "ES512", HashAlgorithmName.SHA512, 132);

    private static readonly CoseAlgorithm[] s_all = [Es256, Es384, Es512];

    public static CoseAlgorithm? Find(long id) => Array.Find(s_all, algorithm => algorithm.Id == id);
}
