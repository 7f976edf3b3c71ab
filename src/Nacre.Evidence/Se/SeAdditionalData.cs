using Nacre.Formats;

namespace Nacre.Evidence.Se;

/// <summary>What a request asked for beyond the measurement, in the order of its flags; null where it did not ask.</summary>
public sealed record SeAdditionalData
{
    public const int HostKeyHashSize = 32;
    private const int SecretStoreHashSize = 64;
    private const int FirmwareStateSize = 320;

    /// <summary>Of the host key that unpacked the image.</summary>
    public byte[]? ImageHostKeyHash { get; private init; }

    /// <summary>Of the host key that unpacked the request.</summary>
    public byte[]? AttestationHostKeyHash { get; private init; }

    public byte[]? SecretStoreHash { get; private init; }
    public byte[]? FirmwareState { get; private init; }

    /// <summary>How many bytes the answer to a request with these flags has.</summary>
    public static int SizeOf(SeRequestItems flags) =>
        Size(flags, SeRequestItems.ImageHostKeyHash, HostKeyHashSize) + Size(flags, SeRequestItems.AttestationHostKeyHash, HostKeyHashSize)
        + Size(flags, SeRequestItems.SecretStoreHash, SecretStoreHashSize) + Size(flags, SeRequestItems.FirmwareState, FirmwareStateSize);

    /// <exception cref="MalformedDataException">It is longer or shorter than these flags make it.</exception>
    public static SeAdditionalData Parse(ReadOnlySpan<byte> bytes, SeRequestItems flags)
    {
        var r = new StructReader("se.additional_data", bytes);
        var data = new SeAdditionalData
        {
            ImageHostKeyHash = Read(ref r, flags, SeRequestItems.ImageHostKeyHash, HostKeyHashSize, "image_phkh"),
            AttestationHostKeyHash = Read(ref r, flags, SeRequestItems.AttestationHostKeyHash, HostKeyHashSize, "attestation_phkh"),
            SecretStoreHash = Read(ref r, flags, SeRequestItems.SecretStoreHash, SecretStoreHashSize, "secret_store_hash"),
            FirmwareState = Read(ref r, flags, SeRequestItems.FirmwareState, FirmwareStateSize, "firmware_state"),
        };
        r.End();
        return data;
    }

    private static byte[]? Read(ref StructReader r, SeRequestItems flags, SeRequestItems flag, int size, string field) =>
        flags.HasFlag(flag) ? r.Bytes(size, field).ToArray() : null;

    private static int Size(SeRequestItems flags, SeRequestItems flag, int size) => flags.HasFlag(flag) ? size : 0;
}
