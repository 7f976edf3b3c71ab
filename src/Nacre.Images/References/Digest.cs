using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Nacre.Images.References;

/// <summary><c>algorithm:hex</c> (OCI image-spec, descriptor.md). Only sha256, sha384 and sha512, only lower case.</summary>
public sealed record Digest
{
    private Digest(string algorithm, string hex) => (Algorithm, Hex) = (algorithm, hex);

    public string Algorithm { get; }
    public string Hex { get; }

    public HashAlgorithmName HashName => Algorithm switch
    {
        "sha256" => HashAlgorithmName.SHA256,
        "sha384" => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    public static Digest Sha256(ReadOnlySpan<byte> content) => new("sha256", Convert.ToHexStringLower(SHA256.HashData(content)));

    public static Digest Of(HashAlgorithmName name, ReadOnlySpan<byte> hash) =>
        new(name.Name!.ToLowerInvariant(), Convert.ToHexStringLower(hash));

    public Digest Of(ReadOnlySpan<byte> content) => new(Algorithm, Convert.ToHexStringLower(CryptographicOperations.HashData(HashName, content)));

    public static bool TryParse(string? text, [NotNullWhen(true)] out Digest? digest)
    {
        digest = null;
        var colon = text?.IndexOf(':') ?? -1;
        if (colon < 0)
            return false;

        var (algorithm, hex) = (text![..colon], text[(colon + 1)..]);
        var length = algorithm switch { "sha256" => 64, "sha384" => 96, "sha512" => 128, _ => -1 };
        if (hex.Length != length || !hex.All(char.IsAsciiHexDigitLower))
            return false;

        digest = new Digest(algorithm, hex);
        return true;
    }

    /// <exception cref="FormatException">The text is no digest that is read here.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is no sha256, sha384 or sha512 digest");

    public override string ToString() => $"{Algorithm}:{Hex}";
}
