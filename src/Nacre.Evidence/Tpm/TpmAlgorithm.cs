using System.Security.Cryptography;

namespace Nacre.Evidence.Tpm;

/// <summary>TPM_ALG_ID and TPM_ECC_CURVE values in use here (TPM 2.0 Library part 2, sections 6.3 and 6.4).</summary>
public static class TpmAlgorithm
{
    public const ushort Rsa = 0x0001;
    public const ushort Sha1 = 0x0004;
    public const ushort Aes = 0x0006;
    public const ushort KeyedHash = 0x0008;
    public const ushort Sha256 = 0x000B;
    public const ushort Sha384 = 0x000C;
    public const ushort Sha512 = 0x000D;
    public const ushort Null = 0x0010;
    public const ushort RsaSsa = 0x0014;
    public const ushort RsaPss = 0x0016;
    public const ushort EcDsa = 0x0018;
    public const ushort Ecc = 0x0023;
    public const ushort Cfb = 0x0043;

    public const ushort CurveP256 = 0x0003;
    public const ushort CurveP384 = 0x0004;

    /// <summary>The .NET name of a hash that may be trusted; null for SHA-1 and for everything unknown.</summary>
    public static HashAlgorithmName? TrustedHash(ushort algorithm) => algorithm switch
    {
        Sha256 => HashAlgorithmName.SHA256,
        Sha384 => HashAlgorithmName.SHA384,
        Sha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>Digest length in bytes; 0 for an algorithm not known here.</summary>
    public static int DigestSize(ushort algorithm) => algorithm switch
    {
        Sha1 => 20,
        Sha256 => 32,
        Sha384 => 48,
        Sha512 => 64,
        _ => 0,
    };

    /// <summary>The registered name in lower case, for messages; the number where there is none.</summary>
    public static string Name(ushort algorithm) => algorithm switch
    {
        Rsa => "rsa",
        Sha1 => "sha1",
        Sha256 => "sha256",
        Sha384 => "sha384",
        Sha512 => "sha512",
        RsaSsa => "rsassa",
        RsaPss => "rsapss",
        EcDsa => "ecdsa",
        Ecc => "ecc",
        Null => "null",
        _ => $"0x{algorithm:x4}",
    };
}
