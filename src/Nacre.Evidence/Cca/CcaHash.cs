using System.Security.Cryptography;

namespace Nacre.Evidence.Cca;

/// <summary>Hash algorithms by the names that CCA tokens use (IANA named information registry).</summary>
public static class CcaHash
{
    public static HashAlgorithmName? Find(string name) => name switch
    {
        "sha-256" => HashAlgorithmName.SHA256,
        "sha-384" => HashAlgorithmName.SHA384,
        "sha-512" => HashAlgorithmName.SHA512,
        _ => null,
    };

    public static bool IsSize(int bytes) => bytes is 32 or 48 or 64;
}
