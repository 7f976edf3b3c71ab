namespace Nacre.Storage.MasterKeys.Pkcs11;

/// <summary>What a CK_RV means to whoever runs the server.</summary>
internal static class Pkcs11Error
{
    public const nuint Ok = 0;
    public const nuint DeviceError = 0x30;
    public const nuint DeviceRemoved = 0x32;
    public const nuint SessionHandleInvalid = 0xB3;
    public const nuint SessionClosed = 0xB0;
    public const nuint UserAlreadyLoggedIn = 0x100;
    public const nuint UserNotLoggedIn = 0x101;
    public const nuint AlreadyInitialized = 0x191;

    private const nuint EncryptedDataInvalid = 0x40;
    private const nuint EncryptedDataLength = 0x41;
    private const nuint GeneralError = 5;

    /// <summary>A new session may do.</summary>
    public static bool IsOfSession(nuint code) =>
        code is DeviceError or DeviceRemoved or SessionHandleInvalid or SessionClosed or UserNotLoggedIn;

    public static StoreException Of(string what, nuint code) => new($"the PKCS#11 token: {what} failed with 0x{code:x}: {Explain(code)}");

    private static string Explain(nuint code) => code switch
    {
        DeviceError or DeviceRemoved or 0xE0 => "the token is not there, or is broken; check that it is connected",
        EncryptedDataInvalid or EncryptedDataLength or GeneralError => "the store was made with another key than this, or the token failed",
        0x63 or 0x62 or 0x68 => "the key may not do this; it must be an AES-256 key with CKA_ENCRYPT and CKA_DECRYPT",
        0x70 or 0x71 => "the token does not know AES-GCM",
        0xA0 or 0xA1 or 0xA2 => "the PIN is wrong; after some attempts the token is locked",
        0xA4 => "the PIN is locked; unlock it with the token's own program",
        0x102 => "the token has no PIN yet; set it with the token's own program",
        _ => "see the documentation of the token",
    };
}
