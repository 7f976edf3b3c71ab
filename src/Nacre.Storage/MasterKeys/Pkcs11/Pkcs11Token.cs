using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Storage.MasterKeys.Pkcs11;

/// <summary>One token of one library, logged in to, with a pool of sessions and one AES key. A session is used by one caller at a time.</summary>
internal sealed unsafe class Pkcs11Token : IDisposable
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    private const int MaxSlots = 256;
    private const int MaxIdle = 4;
    private const int TokenInformationBytes = 512; // CK_TOKEN_INFO has 208.
    private const nuint SerialSession = 4;
    private const nuint NormalUser = 1;
    private const nuint AesGcm = 0x1087;

    private readonly Pkcs11Functions _functions;
    private readonly Pkcs11Uri _uri;
    private readonly Func<string> _pin;
    private readonly nuint _slot;
    private readonly ConcurrentBag<nuint> _idle = [];

    private Pkcs11Token(Pkcs11Functions functions, Pkcs11Uri uri, Func<string> pin)
    {
        (_functions, _uri, _pin) = (functions, uri, pin);
        _slot = FindSlot();
        _idle.Add(OpenSession());
    }

    /// <param name="uri">Which.</param>
    /// <param name="pin">Read when a session logs in.</param>
    /// <exception cref="StoreException">The library or the token is not there, or the PIN is wrong.</exception>
    public static Pkcs11Token Open(Pkcs11Uri uri, Func<string> pin)
    {
        // The library stays loaded: it has threads and state of its own, and other tokens of it may be in use.
        if (!NativeLibrary.TryLoad(uri.ModulePath, out var library))
            throw new StoreException($"the PKCS#11 library '{uri.ModulePath}' cannot be loaded; check module-path and what the library needs");
        if (!NativeLibrary.TryGetExport(library, "C_GetFunctionList", out var export))
            throw new StoreException($"'{uri.ModulePath}' is no PKCS#11 library: it has no C_GetFunctionList");

        void* list;
        Check("C_GetFunctionList", ((delegate* unmanaged[Cdecl]<void**, nuint>)export)(&list));
        var functions = new Pkcs11Functions(list);
        var arguments = new InitializeArguments { Flags = 2 }; // CKF_OS_LOCKING_OK
        if (functions.Initialize(&arguments) is not (Pkcs11Error.Ok or Pkcs11Error.AlreadyInitialized) and var code)
            throw Pkcs11Error.Of("C_Initialize", code);
        return new Pkcs11Token(functions, uri, pin);
    }

    /// <summary>AES-256-GCM in the token: nonce ‖ ciphertext ‖ tag.</summary>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        var body = Cipher(decrypt: false, nonce, plaintext, context, plaintext.Length + TagBytes);

        // Tokens that insist on their own nonce have written it over ours.
        return [.. nonce, .. body];
    }

    public byte[] Decrypt(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> context) => wrapped.Length >= NonceBytes + TagBytes
        ? Cipher(decrypt: true, wrapped[..NonceBytes].ToArray(), wrapped[NonceBytes..], context, wrapped.Length)
        : throw new StoreException("a data key is too short to be wrapped by a PKCS#11 token; the store was made with another master key");

    public void Dispose()
    {
        while (_idle.TryTake(out var session))
            _functions.CloseSession(session);
    }

    private byte[] Cipher(bool decrypt, byte[] nonce, ReadOnlySpan<byte> input, ReadOnlySpan<byte> context, int room)
    {
        // A session of the pool may have ended with a token that was restarted; a new one has not.
        for (var attempt = 0; ; attempt++)
        {
            var session = attempt == 0 && _idle.TryTake(out var idle) ? idle : OpenSession();
            var isGood = false;
            try
            {
                var code = TryCipher(session, decrypt, nonce, input, context, room, out var output);
                isGood = code == Pkcs11Error.Ok;
                if (isGood)
                    return output;
                if (attempt > 0 || !Pkcs11Error.IsOfSession(code))
                    throw Pkcs11Error.Of(decrypt ? "decryption" : "encryption", code);
            }
            finally
            {
                if (isGood && _idle.Count < MaxIdle)
                    _idle.Add(session);
                else
                    _functions.CloseSession(session);
            }
        }
    }

    private nuint TryCipher(
        nuint session, bool decrypt, byte[] nonce, ReadOnlySpan<byte> input, ReadOnlySpan<byte> context, int room, out byte[] output)
    {
        output = [];
        var code = FindKey(session, out var key);
        if (code != Pkcs11Error.Ok)
            return code;

        var buffer = new byte[room];
        fixed (byte* iv = nonce, from = input, associated = context, to = buffer)
        {
            var parameters = new CkGcmParameters
            {
                Iv = iv,
                IvLength = NonceBytes,
                IvBits = NonceBytes * 8,
                AssociatedData = associated,
                AssociatedDataLength = (nuint)context.Length,
                TagBits = TagBytes * 8,
            };
            var mechanism = new CkMechanism { Mechanism = AesGcm, Parameter = &parameters, ParameterLength = (nuint)sizeof(CkGcmParameters) };
            code = _functions.CipherInit(decrypt, session, &mechanism, key);
            var length = (nuint)room;
            if (code == Pkcs11Error.Ok)
                code = _functions.Cipher(decrypt, session, from, (nuint)input.Length, to, &length);
            if (code == Pkcs11Error.Ok)
                output = buffer[..(int)length];
        }

        if (decrypt)
            CryptographicOperations.ZeroMemory(buffer);
        return code;
    }

    /// <exception cref="StoreException">There is none, or more than one.</exception>
    private nuint FindKey(nuint session, out nuint key)
    {
        key = 0;
        nuint secretKey = 4; // CKO_SECRET_KEY
        var label = Encoding.UTF8.GetBytes(_uri.Label ?? "");
        var id = _uri.ObjectId ?? [];
        var template = stackalloc CkAttribute[3];
        template[0] = new() { Type = 0, Value = &secretKey, Length = (nuint)sizeof(nuint) }; // CKA_CLASS
        var count = 1;
        var found = stackalloc nuint[2];
        nuint number = 0;
        fixed (byte* labelBytes = label, idBytes = id)
        {
            if (_uri.Label is not null)
                template[count++] = new() { Type = 3, Value = labelBytes, Length = (nuint)label.Length }; // CKA_LABEL
            if (_uri.ObjectId is not null)
                template[count++] = new() { Type = 0x102, Value = idBytes, Length = (nuint)id.Length }; // CKA_ID
            var code = _functions.FindObjectsInit(session, template, (nuint)count);
            if (code == Pkcs11Error.Ok)
                code = _functions.FindObjects(session, found, 2, &number);
            if (code != Pkcs11Error.Ok)
                return code;
        }

        Check("C_FindObjectsFinal", _functions.FindObjectsFinal(session));
        if (number != 1)
        {
            throw new StoreException(
                $"the PKCS#11 token has {(number == 0 ? "no" : "more than one")} secret key of pkcs11:{_uri.Path}; "
                + "make an AES-256 key with the token's program, such as: pkcs11-tool --keygen --key-type AES:32 --label NAME");
        }

        key = found[0];
        return Pkcs11Error.Ok;
    }

    private nuint FindSlot()
    {
        var slots = stackalloc nuint[MaxSlots];
        nuint count = MaxSlots;
        Check("C_GetSlotList", _functions.GetSlotList(1, slots, &count));
        var information = stackalloc byte[TokenInformationBytes];
        for (nuint i = 0; i < count; i++)
        {
            if (_functions.GetTokenInfo(slots[i], information) == Pkcs11Error.Ok
                && (_uri.Token is null || _uri.Token == Padded(information, 32))
                && (_uri.Serial is null || _uri.Serial == Padded(information + 80, 16)))
                return slots[i];
        }

        throw new StoreException($"there is no PKCS#11 token of pkcs11:{_uri.Path} among the {count} that '{_uri.ModulePath}' has");
    }

    private nuint OpenSession()
    {
        nuint session;
        Check("C_OpenSession", _functions.OpenSession(_slot, SerialSession, &session));
        var pin = Encoding.UTF8.GetBytes(_pin());
        try
        {
            fixed (byte* bytes = pin)
            {
                var code = _functions.Login(session, NormalUser, bytes, (nuint)pin.Length);

                // A login counts for all sessions of a program.
                if (code is Pkcs11Error.Ok or Pkcs11Error.UserAlreadyLoggedIn)
                    return session;

                _functions.CloseSession(session);
                throw Pkcs11Error.Of("the login", code);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pin);
        }
    }

    private static string Padded(byte* text, int length) => Encoding.UTF8.GetString(text, length).TrimEnd(' ');

    private static void Check(string function, nuint code)
    {
        if (code != Pkcs11Error.Ok)
            throw Pkcs11Error.Of(function, code);
    }
}
