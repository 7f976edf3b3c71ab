using System.Security.Cryptography;

namespace Nacre.Formats.Cose;

/// <summary>
/// The signature algorithms that are known (RFC 9053, section 2, and RFC 8230, section 2), those of elliptic curves each with the one curve
/// it is used on here. Which of them a message may have is said by its <see cref="CoseProfile"/>.
/// </summary>
/// <param name="Id">As it stands in the header.</param>
/// <param name="Name">As the registry of COSE has it.</param>
/// <param name="Hash">Of what is signed; none where the algorithm has its own (EdDSA).</param>
/// <param name="SignatureSize">In bytes; null where it is that of the key (RSA).</param>
public sealed record CoseAlgorithm(long Id, string Name, HashAlgorithmName Hash, int? SignatureSize)
{
    public static CoseAlgorithm Es256 { get; } = new(-7, "ES256", HashAlgorithmName.SHA256, 64);
    public static CoseAlgorithm Es384 { get; } = new(-35, "ES384", HashAlgorithmName.SHA384, 96);
    public static CoseAlgorithm Es512 { get; } = new(-36, "ES512", HashAlgorithmName.SHA512, 132);
    public static CoseAlgorithm Ps256 { get; } = new(-37, "PS256", HashAlgorithmName.SHA256, SignatureSize: null);
    public static CoseAlgorithm Ps384 { get; } = new(-38, "PS384", HashAlgorithmName.SHA384, SignatureSize: null);
    public static CoseAlgorithm Ps512 { get; } = new(-39, "PS512", HashAlgorithmName.SHA512, SignatureSize: null);

    /// <summary>With Ed25519 only.</summary>
    public static CoseAlgorithm EdDsa { get; } = new(-8, "EdDSA", default, 64);
}
