using Nacre.Formats.Cose;
using Nacre.Formats.X509;

namespace Nacre.Images.Signatures.Notation;

/// <summary>
/// The one algorithm that a signing key fixes, whatever the signature says (Notary Project, signature-specification.md, "Algorithm Selection").
/// JWS and COSE have the same names for them.
/// </summary>
internal static class NotationAlgorithm
{
    public static CoseProfile Profile { get; } =
        new([CoseAlgorithm.Ps256, CoseAlgorithm.Ps384, CoseAlgorithm.Ps512, CoseAlgorithm.Es256, CoseAlgorithm.Es384, CoseAlgorithm.Es512])
        {
            Understood = NotationAttributes.Understood,
        };

    /// <summary>Null for a key that must not sign.</summary>
    public static CoseAlgorithm? Find(VerificationKey key) => key.Kind switch
    {
        "RSA-2048" => CoseAlgorithm.Ps256,
        "RSA-3072" => CoseAlgorithm.Ps384,
        "RSA-4096" => CoseAlgorithm.Ps512,
        "P-256" => CoseAlgorithm.Es256,
        "P-384" => CoseAlgorithm.Es384,
        "P-521" => CoseAlgorithm.Es512,
        _ => null,
    };

    public static bool Verify(this CoseAlgorithm algorithm, VerificationKey key, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) =>
        algorithm.SignatureSize is null ? key.VerifyRsaPss(algorithm.Hash, signed, signature) : key.VerifyEcdsa(algorithm.Hash, signed, signature);
}
