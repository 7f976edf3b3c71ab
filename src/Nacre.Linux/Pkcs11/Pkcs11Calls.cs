using System.Runtime.InteropServices;

namespace Nacre.Linux.Pkcs11;

/// <summary>
/// The functions of one library, by their place in CK_FUNCTION_LIST (PKCS #11 v2.40, pkcs11f.h). Structures are not packed on Linux, and
/// CK_ULONG is as long as a pointer.
/// </summary>
internal sealed unsafe class Pkcs11Calls(nint functionList)
{
    private const int FirstFunction = 1; // CK_VERSION fills the first eight bytes.

    private readonly nint* _functions = (nint*)functionList + FirstFunction;

    public Pkcs11Code Initialize(Pkcs11InitializeArguments* arguments) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<Pkcs11InitializeArguments*, nuint>)_functions[0])(arguments);

    public Pkcs11Code GetSlotList(byte withToken, nuint* slots, nuint* count) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)_functions[4])(withToken, slots, count);

    public Pkcs11Code GetTokenInfo(nuint slot, byte* info) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, byte*, nuint>)_functions[6])(slot, info);

    public Pkcs11Code OpenSession(nuint slot, nuint flags, nuint* session) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, nuint, nint, nint, nuint*, nuint>)_functions[12])(slot, flags, 0, 0, session);

    public Pkcs11Code CloseSession(nuint session) => (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, nuint>)_functions[13])(session);

    public Pkcs11Code Login(nuint session, nuint user, byte* pin, nuint length) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)_functions[18])(session, user, pin, length);

    public Pkcs11Code CreateObject(nuint session, Pkcs11Attribute* template, nuint count, nuint* handle) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, Pkcs11Attribute*, nuint, nuint*, nuint>)_functions[20])(
            session, template, count, handle);

    public Pkcs11Code DestroyObject(nuint session, nuint handle) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, nuint, nuint>)_functions[22])(session, handle);

    public Pkcs11Code GetAttributeValue(nuint session, nuint handle, Pkcs11Attribute* template, nuint count) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, nuint, Pkcs11Attribute*, nuint, nuint>)_functions[24])(
            session, handle, template, count);

    public Pkcs11Code FindObjectsInit(nuint session, Pkcs11Attribute* template, nuint count) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, Pkcs11Attribute*, nuint, nuint>)_functions[26])(session, template, count);

    public Pkcs11Code FindObjects(nuint session, nuint* handles, nuint most, nuint* count) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, nuint>)_functions[27])(session, handles, most, count);

    public Pkcs11Code FindObjectsFinal(nuint session) => (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, nuint>)_functions[28])(session);

    public Pkcs11Code CipherInit(bool encrypts, nuint session, Pkcs11MechanismCall* mechanism, nuint key) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, Pkcs11MechanismCall*, nuint, nuint>)_functions[encrypts ? 29 : 33])(
            session, mechanism, key);

    public Pkcs11Code Cipher(bool encrypts, nuint session, byte* input, nuint inputLength, byte* output, nuint* outputLength) =>
        (Pkcs11Code)((delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)_functions[encrypts ? 30 : 34])(
            session, input, inputLength, output, outputLength);
}

/// <summary>CK_C_INITIALIZE_ARGS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Pkcs11InitializeArguments
{
    public fixed ulong MutexFunctions[4];
    public nuint Flags;
    public nint Reserved;
}

/// <summary>CK_ATTRIBUTE.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Pkcs11Attribute
{
    public nuint Type;
    public byte* Value;
    public nuint Length;
}

/// <summary>CK_MECHANISM.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Pkcs11MechanismCall
{
    public nuint Mechanism;
    public void* Parameter;
    public nuint Length;
}
