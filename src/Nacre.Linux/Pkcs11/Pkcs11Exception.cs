namespace Nacre.Linux.Pkcs11;

/// <summary>
/// A token or its library refused a call, or did not answer. Says the function and the code's name (PKCS #11 v2.40, section 5.1).
/// </summary>
public sealed class Pkcs11Exception(string function, Pkcs11Code code, string? detail = null)
    : IOException($"{function}: {NameOf(code)}{(detail is null ? "" : $", {detail}")}")
{
    public Pkcs11Code Code { get; } = code;

    // Names as the specification writes them, so that a search finds them.
    private static string NameOf(Pkcs11Code code) => code switch
    {
        Pkcs11Code.GeneralError => "CKR_GENERAL_ERROR",
        Pkcs11Code.FunctionFailed => "CKR_FUNCTION_FAILED",
        Pkcs11Code.AttributeSensitive => "CKR_ATTRIBUTE_SENSITIVE: the object's value may not be read",
        Pkcs11Code.AttributeTypeInvalid => "CKR_ATTRIBUTE_TYPE_INVALID: the object has no such attribute",
        Pkcs11Code.DataInvalid => "CKR_DATA_INVALID",
        Pkcs11Code.DataLengthRange => "CKR_DATA_LEN_RANGE: too long for this key",
        Pkcs11Code.DeviceError => "CKR_DEVICE_ERROR",
        Pkcs11Code.DeviceMemory => "CKR_DEVICE_MEMORY: the token is full",
        Pkcs11Code.DeviceRemoved => "CKR_DEVICE_REMOVED",
        Pkcs11Code.EncryptedDataInvalid => "CKR_ENCRYPTED_DATA_INVALID",
        Pkcs11Code.EncryptedDataLengthRange => "CKR_ENCRYPTED_DATA_LEN_RANGE",
        Pkcs11Code.KeyFunctionNotPermitted => "CKR_KEY_FUNCTION_NOT_PERMITTED",
        Pkcs11Code.MechanismInvalid => "CKR_MECHANISM_INVALID: the token does not do this",
        Pkcs11Code.ArgumentsBad => "CKR_ARGUMENTS_BAD: the token does not take these parameters",
        Pkcs11Code.MechanismParameterInvalid => "CKR_MECHANISM_PARAM_INVALID: the token does not take these parameters",
        Pkcs11Code.PinIncorrect => "CKR_PIN_INCORRECT",
        Pkcs11Code.PinLengthRange => "CKR_PIN_LEN_RANGE",
        Pkcs11Code.PinLocked => "CKR_PIN_LOCKED",
        Pkcs11Code.TokenNotPresent => "CKR_TOKEN_NOT_PRESENT",
        Pkcs11Code.UserNotLoggedIn => "CKR_USER_NOT_LOGGED_IN",
        Pkcs11Code.NoAnswer => "no answer in time",
        Pkcs11Code.NotFound => "not found",
        _ => $"CKR 0x{(ulong)code:x}",
    };
}

/// <summary>The codes that callers decide by, or that are worth a name (PKCS #11 v2.40, CK_RV).</summary>
public enum Pkcs11Code : ulong
{
    Ok = 0,
    GeneralError = 5,
    FunctionFailed = 6,
    ArgumentsBad = 7,
    AttributeSensitive = 0x11,
    AttributeTypeInvalid = 0x12,
    DataInvalid = 0x20,
    DataLengthRange = 0x21,
    DeviceError = 0x30,
    DeviceMemory = 0x31,
    DeviceRemoved = 0x32,
    EncryptedDataInvalid = 0x40,
    EncryptedDataLengthRange = 0x41,
    KeyFunctionNotPermitted = 0x68,
    MechanismInvalid = 0x70,
    MechanismParameterInvalid = 0x71,
    ObjectHandleInvalid = 0x82,
    PinIncorrect = 0xa0,
    PinLengthRange = 0xa2,
    PinLocked = 0xa4,
    SessionClosed = 0xb0,
    SessionHandleInvalid = 0xb3,
    TokenNotPresent = 0xe0,
    UserAlreadyLoggedIn = 0x100,
    UserNotLoggedIn = 0x101,
    AlreadyInitialized = 0x191,

    /// <summary>Ours, in the vendors' range: the token did not answer in time.</summary>
    NoAnswer = 0x8000_0000,

    /// <summary>Ours: what was asked for by name is not there, or is there twice.</summary>
    NotFound = 0x8000_0001,
}
