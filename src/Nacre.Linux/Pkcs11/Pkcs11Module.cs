using System.Runtime.InteropServices;
using System.Text;

namespace Nacre.Linux.Pkcs11;

/// <summary>
/// One PKCS #11 library in this process. It stays loaded and initialised until the process ends: a library is initialised once for all
/// who use it, so none of them may finalise it.
/// </summary>
public sealed class Pkcs11Module
{
    private const nuint OsLockingOk = 2;
    private const int TokenInfoLength = 256; // CK_TOKEN_INFO has 208 bytes.
    private const int MostSlots = 1024;

    private Pkcs11Module(Pkcs11Calls calls, string path) => (Calls, Path) = (calls, path);

    public string Path { get; }

    internal Pkcs11Calls Calls { get; }

    /// <exception cref="Pkcs11Exception">It cannot be loaded, is no such library, or does not let itself be initialised.</exception>
    public static unsafe Pkcs11Module Load(string path)
    {
        if (!System.IO.Path.IsPathRooted(path))
            throw new Pkcs11Exception("load", Pkcs11Code.NotFound, $"'{path}' must be an absolute path");
        if (!NativeLibrary.TryLoad(path, out var library))
            throw new Pkcs11Exception("load", Pkcs11Code.NotFound, $"'{path}' is no library that can be loaded");
        if (!NativeLibrary.TryGetExport(library, "C_GetFunctionList", out var export))
            throw new Pkcs11Exception("load", Pkcs11Code.NotFound, $"'{path}' is no PKCS #11 library");

        nint list;
        Require("C_GetFunctionList", (Pkcs11Code)((delegate* unmanaged[Cdecl]<nint*, nuint>)export)(&list));
        var calls = new Pkcs11Calls(list);
        var arguments = new Pkcs11InitializeArguments { Flags = OsLockingOk };
        var code = calls.Initialize(&arguments);
        if (code != Pkcs11Code.AlreadyInitialized)
            Require("C_Initialize", code);
        return new Pkcs11Module(calls, path);
    }

    /// <summary>Slots with a token, in the order of the library.</summary>
    public unsafe IReadOnlyList<Pkcs11Slot> Slots()
    {
        nuint count = MostSlots;
        var ids = new nuint[MostSlots];
        fixed (nuint* first = ids)
            Require("C_GetSlotList", Calls.GetSlotList(1, first, &count));
        return [.. ids.Take((int)count).Select(id => SlotOf(id))];
    }

    /// <summary>By its place among the slots with a token.</summary>
    /// <exception cref="Pkcs11Exception">There are fewer.</exception>
    public Pkcs11Slot SlotAt(int index)
    {
        var slots = Slots();
        return index < slots.Count ? slots[index] : throw new Pkcs11Exception(
            "C_GetSlotList", Pkcs11Code.NotFound, $"there is no slot {index}; '{Path}' has tokens in {slots.Count} slots");
    }

    /// <summary>By the label of its token.</summary>
    /// <exception cref="Pkcs11Exception">None has it, or several have.</exception>
    public Pkcs11Slot SlotOf(string tokenLabel)
    {
        Pkcs11Slot[] found = [.. Slots().Where(slot => slot.TokenLabel == tokenLabel)];
        return found is [var only] ? only : throw new Pkcs11Exception(
            "C_GetTokenInfo", Pkcs11Code.NotFound, $"{found.Length} tokens of '{Path}' have the label '{tokenLabel}', and it must be one");
    }

    internal static void Require(string function, Pkcs11Code code)
    {
        if (code != Pkcs11Code.Ok)
            throw new Pkcs11Exception(function, code);
    }

    // CK_TOKEN_INFO: label, manufacturer, model, serial number, all filled with blanks.
    private unsafe Pkcs11Slot SlotOf(nuint slot)
    {
        var info = stackalloc byte[TokenInfoLength];
        Require("C_GetTokenInfo", Calls.GetTokenInfo(slot, info));
        return new((ulong)slot, Encoding.UTF8.GetString(info, 32).TrimEnd(' '), Encoding.UTF8.GetString(info + 80, 16).TrimEnd(' '));
    }
}

/// <param name="Id">As the library numbers it; may be another after a restart.</param>
/// <param name="TokenLabel">Without the blanks that fill it.</param>
/// <param name="Serial">Of the token, by its maker.</param>
public sealed record Pkcs11Slot(ulong Id, string TokenLabel, string Serial);
