using System.Runtime.InteropServices;

namespace Nacre.Storage.MasterKeys.Pkcs11;

/// <summary>
/// The functions of a token's library that are used here, from its CK_FUNCTION_LIST (PKCS #11 2.40, section 3.6 and header pkcs11f.h). On
/// Linux, CK_ULONG is 64 bits wide and structures have natural alignment.
/// </summary>
internal sealed unsafe class Pkcs11Functions
{
    // The version, padded, is before the first function; then they stand in the order of pkcs11f.h.
    private readonly void** _list;

    public Pkcs11Functions(void* list) => _list = (void**)list + 1;

    public nuint Initialize(InitializeArguments* arguments) => ((delegate* unmanaged[Cdecl]<InitializeArguments*, nuint>)_list[0])(arguments);

    public nuint GetSlotList(byte withToken, nuint* slots, nuint* count) =>
        ((delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)_list[4])(withToken, slots, count);

    public nuint GetTokenInfo(nuint slot, byte* information) => ((delegate* unmanaged[Cdecl]<nuint, byte*, nuint>)_list[6])(slot, information);

    public nuint OpenSession(nuint slot, nuint flags, nuint* session) =>
        ((delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint>)_list[12])(slot, flags, null, null, session);

    public nuint CloseSession(nuint session) => ((delegate* unmanaged[Cdecl]<nuint, nuint>)_list[13])(session);

    public nuint Login(nuint session, nuint user, byte* pin, nuint length) =>
        ((delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)_list[18])(session, user, pin, length);

    public nuint FindObjectsInit(nuint session, CkAttribute* template, nuint count) =>
        ((delegate* unmanaged[Cdecl]<nuint, CkAttribute*, nuint, nuint>)_list[26])(session, template, count);

    public nuint FindObjects(nuint session, nuint* objects, nuint max, nuint* count) =>
        ((delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, nuint>)_list[27])(session, objects, max, count);

    public nuint FindObjectsFinal(nuint session) => ((delegate* unmanaged[Cdecl]<nuint, nuint>)_list[28])(session);

    /// <param name="decrypt">C_DecryptInit, else C_EncryptInit.</param>
    /// <param name="session">Handle.</param>
    /// <param name="mechanism">How.</param>
    /// <param name="key">Handle.</param>
    public nuint CipherInit(bool decrypt, nuint session, CkMechanism* mechanism, nuint key) =>
        ((delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, nuint>)_list[decrypt ? 33 : 29])(session, mechanism, key);

    public nuint Cipher(bool decrypt, nuint session, byte* input, nuint length, byte* output, nuint* outputLength) =>
        ((delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)_list[decrypt ? 34 : 30])(
            session, input, length, output, outputLength);
}

/// <summary>CK_C_INITIALIZE_ARGS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct InitializeArguments
{
    public void* CreateMutex;
    public void* DestroyMutex;
    public void* LockMutex;
    public void* UnlockMutex;
    public nuint Flags;
    public void* Reserved;
}

/// <summary>CK_ATTRIBUTE.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkAttribute
{
    public nuint Type;
    public void* Value;
    public nuint Length;
}

/// <summary>CK_MECHANISM.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkMechanism
{
    public nuint Mechanism;
    public void* Parameter;
    public nuint ParameterLength;
}

/// <summary>CK_GCM_PARAMS, as errata 1 of version 2.40 has it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkGcmParameters
{
    public byte* Iv;
    public nuint IvLength;
    public nuint IvBits;
    public byte* AssociatedData;
    public nuint AssociatedDataLength;
    public nuint TagBits;
}
