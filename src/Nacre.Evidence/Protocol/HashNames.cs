using System.Security.Cryptography;

namespace Nacre.Evidence.Protocol;

/// <summary>The hash algorithms of the protocol, by their names on the wire.</summary>
public static class HashNames
{
    public const string Sha256 = "sha256";
    public const string Sha384 = "sha384";
    public const string Sha512 = "sha512";

    /// <summary>For init-data and attestation requests of others; not offered in a handshake.</summary>
    public const string Sm3 = "sm3";

    /// <summary>What a guest offers.</summary>
    public static IReadOnlyList<string> All { get; } = [Sha256, Sha384, Sha512];

    /// <summary>Null when the name is neither one of <see cref="All"/> nor <see cref="Sm3"/>.</summary>
    public static byte[]? TryHash(string name, ReadOnlySpan<byte> data) => name switch
    {
        Sha256 => SHA256.HashData(data),
        Sha384 => SHA384.HashData(data),
        Sha512 => SHA512.HashData(data),
        Sm3 => Formats.Sm.Sm3.HashData(data),
        _ => null,
    };
}
