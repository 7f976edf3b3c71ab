using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Evidence.Sev;

/// <summary>
/// A certificate of AMD's root (ARK) or intermediate (ASK) in AMD's own format, little endian (SEV API specification, appendix B; evidence.md
/// 6.1): 832 bytes with RSA-2048 (Naples), 1600 with RSA-4096 (later). Parsed is not verified.
/// </summary>
public sealed record AmdAuthorityCertificate
{
    public const uint RootUsage = 0;
    public const uint IntermediateUsage = 0x13;

    private const string Structure = "sev.amd_certificate";
    private const int HeaderSize = 64;

    public required string KeyId { get; init; }
    public required string CertifyingId { get; init; }
    public required uint Usage { get; init; }
    public required RSAParameters Key { get; init; }
    public required ReadOnlyMemory<byte> Signed { get; init; }

    /// <summary>Big endian.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>The hash of this key's signatures: SHA-256 with RSA-2048, SHA-384 with RSA-4096.</summary>
    public HashAlgorithmName Hash => Key.Modulus!.Length == 256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384;

    /// <summary>Whether this key signed these bytes (RSASSA-PSS). The signature is big endian.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        using var rsa = RSA.Create(Key);
        return signature.Length == Key.Modulus!.Length && rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pss);
    }

    /// <summary>DER SubjectPublicKeyInfo, by whose digest a root is pinned.</summary>
    public byte[] ExportSubjectPublicKeyInfo()
    {
        using var rsa = RSA.Create(Key);
        return rsa.ExportSubjectPublicKeyInfo();
    }

    /// <exception cref="MalformedDataException">The bytes are no such certificate.</exception>
    public static AmdAuthorityCertificate Parse(ReadOnlyMemory<byte> raw)
    {
        var reader = new StructReader(Structure, raw.Span);
        if (reader.UInt32LE("version") != 1)
            throw reader.Malformed("must be 1");

        var keyId = Convert.ToHexStringLower(reader.Bytes(16, "key_id"));
        var certifyingId = Convert.ToHexStringLower(reader.Bytes(16, "certifying_id"));
        var usage = reader.UInt32LE("key_usage");
        if (usage is not (RootUsage or IntermediateUsage))
            throw reader.Malformed($"is 0x{usage:x}, must be 0 (root) or 0x13 (intermediate)");

        reader.Reserved(16, "reserved");
        var exponentBits = reader.UInt32LE("pubexp_size");
        var modulusBits = reader.UInt32LE("modulus_size");
        if (modulusBits is not (2048 or 4096) || exponentBits != modulusBits)
            throw reader.Malformed($"is {modulusBits} and the exponent's {exponentBits}, both must be 2048 or both 4096");

        var size = (int)modulusBits / 8;
        var exponent = Reversed(reader.Bytes(size, "pubexp")).AsSpan().TrimStart((byte)0).ToArray();
        if (!exponent.AsSpan().SequenceEqual<byte>([1, 0, 1]))
            throw reader.Malformed("must be 65537");

        var modulus = Reversed(reader.Bytes(size, "modulus"));
        if (modulus[0] < 0x80)
            throw reader.Malformed("is shorter than its size says");

        var signature = Reversed(reader.Bytes(size, "signature"));
        reader.End();
        return new()
        {
            KeyId = keyId,
            CertifyingId = certifyingId,
            Usage = usage,
            Key = new() { Exponent = exponent, Modulus = modulus },
            Signed = raw[..(HeaderSize + 2 * size)],
            Signature = signature,
        };
    }

    private static byte[] Reversed(ReadOnlySpan<byte> littleEndian)
    {
        var bytes = littleEndian.ToArray();
        Array.Reverse(bytes);
        return bytes;
    }
}
