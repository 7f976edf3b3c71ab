using System.Security.Cryptography;

namespace Nacre.Formats.EventLogs;

/// <summary>A hash algorithm of an event log, by its TPM_ALG_ID. SHA-1 occurs in real logs; whether to trust a bank is the verifier's decision.</summary>
public sealed record EventLogHash
{
    public static readonly EventLogHash Sha1 = new(0x0004, "SHA-1", "sha1", 20, HashAlgorithmName.SHA1);
    public static readonly EventLogHash Sha256 = new(0x000b, "SHA-256", "sha256", 32, HashAlgorithmName.SHA256);
    public static readonly EventLogHash Sha384 = new(0x000c, "SHA-384", "sha384", 48, HashAlgorithmName.SHA384);
    public static readonly EventLogHash Sha512 = new(0x000d, "SHA-512", "sha512", 64, HashAlgorithmName.SHA512);
    public static readonly EventLogHash Sm3 = new(0x0012, "SM3", "sm3_256", 32, null);

    private readonly HashAlgorithmName? _framework;

    private EventLogHash(ushort id, string claimName, string name, int size, HashAlgorithmName? framework) =>
        (Id, ClaimName, Name, Size, _framework) = (id, claimName, name, size, framework);

    /// <summary>TPM_ALG_ID.</summary>
    public ushort Id { get; }

    /// <summary>How upstream's claims spell it.</summary>
    public string ClaimName { get; }

    /// <summary>The registered name in lower case.</summary>
    public string Name { get; }

    /// <summary>Length of a digest.</summary>
    public int Size { get; }

    public static EventLogHash? Find(ushort id) => id switch
    {
        0x0004 => Sha1,
        0x000b => Sha256,
        0x000c => Sha384,
        0x000d => Sha512,
        0x0012 => Sm3,
        _ => null,
    };

    public byte[] HashData(ReadOnlySpan<byte> data) => _framework is { } name ? CryptographicOperations.HashData(name, data) : Sm.Sm3.HashData(data);
}
