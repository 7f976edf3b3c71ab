using System.Security.Cryptography;

namespace Nacre.Rego.Builtins;

/// <summary>The algorithms of RFC 7518, section 3, and EdDSA.</summary>
internal static class JwtAlgorithm
{
    private static readonly string[] s_known =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "EdDSA"];

    public static IReadOnlyList<string> Known => s_known;

    public static bool IsKnown(string name) => s_known.Contains(name);

    public static bool Verify(string algorithm, object key, byte[] message, byte[] signature)
    {
        try
        {
            switch (algorithm[..2], key)
            {
                case ("HS", JwtKey.Secret secret):
                    return CryptographicOperations.FixedTimeEquals(Hmac(algorithm, secret.Bytes, message), signature);
                case ("RS" or "PS", RSAParameters parameters):
                    using (var rsa = RSA.Create(parameters))
                        return rsa.VerifyData(message, signature, Hash(algorithm), Padding(algorithm));
                case ("ES", ECParameters parameters):
                    using (var curve = ECDsa.Create(parameters))
                        return curve.VerifyData(message, signature, Hash(algorithm), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
                case ("Ed", JwtKey.Edwards edwards):
                    return Ed25519.Verify(edwards.Public, message, signature);
                default:
                    return false;
            }
        }
        catch (CryptographicException)
        {
            // A key or signature of the wrong size does not verify.
            return false;
        }
    }

    public static byte[] Sign(string algorithm, object key, byte[] message)
    {
        switch (algorithm[..2], key)
        {
            case ("HS", JwtKey.Secret secret):
                return Hmac(algorithm, secret.Bytes, message);
            case ("RS" or "PS", RSAParameters { D: not null } parameters):
                using (var rsa = RSA.Create(parameters))
                    return rsa.SignData(message, Hash(algorithm), Padding(algorithm));
            case ("ES", ECParameters { D: not null } parameters):
                using (var curve = ECDsa.Create(parameters))
                    return curve.SignData(message, Hash(algorithm), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            case ("Ed", JwtKey.Edwards { Seed: { } seed }):
                return Ed25519.Sign(seed, message);
            default:
                throw new RegoBuiltinException($"the key does not fit the algorithm {algorithm}");
        }
    }

    private static HashAlgorithmName Hash(string algorithm) => algorithm[2..] switch
    {
        "256" => HashAlgorithmName.SHA256,
        "384" => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    private static RSASignaturePadding Padding(string algorithm) =>
        algorithm[0] == 'R' ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss;

    private static byte[] Hmac(string algorithm, byte[] secret, byte[] message) => algorithm[2..] switch
    {
        "256" => HMACSHA256.HashData(secret, message),
        "384" => HMACSHA384.HashData(secret, message),
        _ => HMACSHA512.HashData(secret, message),
    };
}
