namespace Nacre.Evidence.Se;

/// <summary>What a request asks for (evidence.md 12.1). Bit n counts from the most significant of 64.</summary>
[Flags]
public enum SeRequestItems : ulong
{
    None = 0,

    /// <summary>The measurement covers a nonce of 16 bytes.</summary>
    Nonce = 1UL << 62,

    /// <summary>The hash of the host key that unpacked the image: 32 bytes of additional data.</summary>
    ImageHostKeyHash = 1UL << 61,

    /// <summary>The hash of the host key that unpacked the request: 32 bytes.</summary>
    AttestationHostKeyHash = 1UL << 60,

    /// <summary>The hash of the secrets that were added: 64 bytes.</summary>
    SecretStoreHash = 1UL << 59,

    /// <summary>The state of the machine's firmware: 320 bytes.</summary>
    FirmwareState = 1UL << 58,

    Known = Nonce | ImageHostKeyHash | AttestationHostKeyHash | SecretStoreHash | FirmwareState,
}
