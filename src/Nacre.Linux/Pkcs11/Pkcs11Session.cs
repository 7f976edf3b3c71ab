using System.Security.Cryptography;

namespace Nacre.Linux.Pkcs11;

/// <summary>One session, lent by <see cref="Pkcs11Token"/> to one caller at a time. Handles are good within one piece of work.</summary>
public sealed class Pkcs11Session : IDisposable
{
    private const nuint ReadWriteSerial = 2 | 4;
    private const nuint User = 1;
    private const int MostFound = 64;
    private const int MostBytes = 16 * 1024 * 1024;

    private static readonly nuint s_unavailable = nuint.MaxValue; // CK_UNAVAILABLE_INFORMATION

    private readonly Pkcs11Calls _calls;
    private readonly nuint _handle;

    private Pkcs11Session(Pkcs11Calls calls, nuint handle) => (_calls, _handle) = (calls, handle);

    /// <summary>The objects that have all these attributes, at most 64.</summary>
    /// <exception cref="Pkcs11Exception">There are more, or the token refuses.</exception>
    public unsafe IReadOnlyList<ulong> Find(Pkcs11Template template)
    {
        using var attributes = template.Pin();
        Pkcs11Module.Require("C_FindObjectsInit", _calls.FindObjectsInit(_handle, attributes.First, attributes.Count));
        try
        {
            var found = stackalloc nuint[MostFound + 1];
            var all = new List<ulong>();
            nuint count;
            do
            {
                Pkcs11Module.Require("C_FindObjects", _calls.FindObjects(_handle, found, MostFound + 1, &count));
                for (nuint i = 0; i < count; i++)
                    all.Add((ulong)found[i]);
            }
            while (count > 0 && all.Count <= MostFound);
            return all.Count <= MostFound
                ? all : throw new Pkcs11Exception("C_FindObjects", Pkcs11Code.NotFound, $"more than {MostFound} objects have this name");
        }
        finally
        {
            _calls.FindObjectsFinal(_handle);
        }
    }

    /// <summary>The one object with this class and label.</summary>
    /// <exception cref="Pkcs11Exception">There is none, or several.</exception>
    public ulong FindOne(Pkcs11Class kind, string label)
    {
        var found = Find(new Pkcs11Template().Class(kind).Label(label));
        return found is [var only] ? only : throw new Pkcs11Exception(
            "C_FindObjects", Pkcs11Code.NotFound, $"{found.Count} objects of class {kind} have the label '{label}', and it must be one");
    }

    /// <summary>An attribute that is bytes, such as the value of a secret; empty when the object has none.</summary>
    /// <exception cref="Pkcs11Exception">It may not be read, or is longer than 16 MiB.</exception>
    public unsafe byte[] Read(ulong handle, Pkcs11AttributeType type)
    {
        var attribute = new Pkcs11Attribute { Type = (nuint)type };
        Pkcs11Module.Require("C_GetAttributeValue", _calls.GetAttributeValue(_handle, (nuint)handle, &attribute, 1));
        if (attribute.Length == 0 || attribute.Length == s_unavailable)
            return [];

        var value = new byte[RequireLength("C_GetAttributeValue", attribute.Length)];
        fixed (byte* first = value)
        {
            attribute.Value = first;
            Pkcs11Module.Require("C_GetAttributeValue", _calls.GetAttributeValue(_handle, (nuint)handle, &attribute, 1));
        }

        return Cut(value, attribute.Length);
    }

    /// <summary>Makes an object of these attributes.</summary>
    public unsafe ulong Create(Pkcs11Template template)
    {
        using var attributes = template.Pin();
        nuint handle;
        Pkcs11Module.Require("C_CreateObject", _calls.CreateObject(_handle, attributes.First, attributes.Count, &handle));
        return handle;
    }

    /// <summary>False when it is no longer there.</summary>
    public bool Destroy(ulong handle)
    {
        var code = _calls.DestroyObject(_handle, (nuint)handle);
        if (code == Pkcs11Code.ObjectHandleInvalid)
            return false;

        Pkcs11Module.Require("C_DestroyObject", code);
        return true;
    }

    public byte[] Encrypt(Pkcs11Mechanism mechanism, ulong key, ReadOnlySpan<byte> plain) => Run(mechanism, true, key, plain);

    /// <summary>The caller zeroes the result when it is secret.</summary>
    public byte[] Decrypt(Pkcs11Mechanism mechanism, ulong key, ReadOnlySpan<byte> encrypted) => Run(mechanism, false, key, encrypted);

    public void Dispose() => _calls.CloseSession(_handle);

    internal static unsafe Pkcs11Session Open(Pkcs11Calls calls, Pkcs11Slot slot)
    {
        nuint handle;
        Pkcs11Module.Require("C_OpenSession", calls.OpenSession((nuint)slot.Id, ReadWriteSerial, &handle));
        return new Pkcs11Session(calls, handle);
    }

    /// <summary>All sessions of a process with a token are logged in, or none.</summary>
    internal unsafe void Login(ReadOnlySpan<byte> pin)
    {
        fixed (byte* first = pin)
        {
            var code = _calls.Login(_handle, User, first, (nuint)pin.Length);
            if (code != Pkcs11Code.UserAlreadyLoggedIn)
                Pkcs11Module.Require("C_Login", code);
        }
    }

    private unsafe byte[] Run(Pkcs11Mechanism mechanism, bool encrypts, ulong key, ReadOnlySpan<byte> input)
    {
        var (init, run) = encrypts ? ("C_EncryptInit", "C_Encrypt") : ("C_DecryptInit", "C_Decrypt");
        mechanism.Call(call => Pkcs11Module.Require(init, _calls.CipherInit(encrypts, _handle, (Pkcs11MechanismCall*)call, (nuint)key)));
        fixed (byte* first = input)
        {
            nuint length;
            Pkcs11Module.Require(run, _calls.Cipher(encrypts, _handle, first, (nuint)input.Length, null, &length));
            var output = new byte[RequireLength(run, length)];
            fixed (byte* target = output)
                Pkcs11Module.Require(run, _calls.Cipher(encrypts, _handle, first, (nuint)input.Length, target, &length));
            return Cut(output, length);
        }
    }

    private static int RequireLength(string function, nuint length) => length <= MostBytes
        ? (int)length : throw new Pkcs11Exception(function, Pkcs11Code.DataLengthRange, $"{length} bytes, at most {MostBytes} are taken");

    private static byte[] Cut(byte[] bytes, nuint length)
    {
        if (length == (nuint)bytes.Length)
            return bytes;

        var shorter = bytes[..(int)length];
        CryptographicOperations.ZeroMemory(bytes);
        return shorter;
    }
}
