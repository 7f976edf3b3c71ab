using System.Security.Cryptography;

namespace Nacre.Formats.OpenPgp;

/// <summary>Hash algorithms by their number (RFC 9580, section 9.5). MD5, SHA-1 and RIPEMD-160 are not among those that are accepted.</summary>
internal static class OpenPgpHash
{
    public static HashAlgorithmName? Find(byte id) => id switch
    {
        8 => HashAlgorithmName.SHA256,
        9 => HashAlgorithmName.SHA384,
        10 => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>For messages.</summary>
    public static string Name(byte id) => id switch
    {
        1 => "MD5",
        2 => "SHA-1",
        3 => "RIPEMD-160",
        8 => "SHA-256",
        9 => "SHA-384",
        10 => "SHA-512",
        11 => "SHA-224",
        _ => $"hash algorithm {id}",
    };
}
