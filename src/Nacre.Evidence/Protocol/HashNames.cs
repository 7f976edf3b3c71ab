using System.Security.Cryptography;

namespace Nacre.Evidence.Protocol;

/// <summary>The hash algorithms a guest may offer, by their names on the wire. SM3 is not among them: the platform does not have it.</summary>
public static class HashNames
{
    public const string Sha256 = "sha256";
    public const string Sha384 = "sha384";
    public const string Sha512 = "sha512";

    public static IReadOnlyList<string> All { get; } = [Sha256, Sha384, Sha512];

    /// <summary>Null when the name is not one of <see cref="All"/>.</summary>
    public static byte[]? TryHash(string name, ReadOnlySpan<byte> data) => name switch
    {
        Sha256 => SHA256.HashData(data),
        Sha384 => SHA384.HashData(data),
        Sha512 => SHA512.HashData(data),
        _ => null,
    };
}
