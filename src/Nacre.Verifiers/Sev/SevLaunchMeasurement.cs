using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.Verifiers.Sev;

/// <summary>
/// The measurement that a SEV or SEV-ES platform gives out at launch (LAUNCH_MEASURE; evidence.md 6.2). It is keyed with the transport
/// integrity key that the owner of the guest shares with the platform, so only that owner can check it.
/// </summary>
public sealed record SevLaunchMeasurement
{
    /// <summary>HMAC and nonce.</summary>
    public const int Size = 48;

    private const int MacSize = 32;

    public required byte ApiMajor { get; init; }
    public required byte ApiMinor { get; init; }
    public required byte Build { get; init; }

    /// <summary>Bit 0 NODBG, 1 NOKS, 2 ES, 3 NOSEND, 4 DOMAIN, 5 SEV.</summary>
    public required uint Policy { get; init; }

    /// <summary>32 bytes, from <see cref="Evidence.Sev.SevLaunchDigest"/>.</summary>
    public required byte[] LaunchDigest { get; init; }

    /// <summary>Whether <paramref name="measurement"/> (HMAC ‖ nonce) is the one for these values under the transport integrity key.</summary>
    public bool Verify(ReadOnlySpan<byte> transportIntegrityKey, ReadOnlySpan<byte> measurement)
    {
        if (measurement.Length != Size || LaunchDigest.Length != SHA256.HashSizeInBytes || transportIntegrityKey.Length != 16)
            return false;

        Span<byte> message = stackalloc byte[8 + SHA256.HashSizeInBytes + Size - MacSize];
        (message[0], message[1], message[2], message[3]) = (0x04, ApiMajor, ApiMinor, Build);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], Policy);
        LaunchDigest.CopyTo(message[8..]);
        measurement[MacSize..].CopyTo(message[(8 + SHA256.HashSizeInBytes)..]);

        Span<byte> mac = stackalloc byte[MacSize];
        HMACSHA256.HashData(transportIntegrityKey, message, mac);
        return CryptographicOperations.FixedTimeEquals(mac, measurement[..MacSize]);
    }
}
