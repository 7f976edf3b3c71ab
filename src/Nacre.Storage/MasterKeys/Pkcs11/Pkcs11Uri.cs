using System.Globalization;
using System.Text;

namespace Nacre.Storage.MasterKeys.Pkcs11;

/// <summary>
/// The address of a key in a token (RFC 7512), after <c>pkcs11:</c>: <c>token=NAME;object=LABEL?module-path=/PATH&amp;pin-source=file:/PATH</c>.
/// <c>pin-value</c> is refused: command lines are not secret.
/// </summary>
internal sealed record Pkcs11Uri
{
    public const string Form = "pkcs11:token=NAME;object=LABEL?module-path=/PATH/MODULE.so&pin-source=file:/PATH/PIN";

    private const int MaxLength = 2048;

    public string? Token { get; private set; }
    public string? Serial { get; private set; }
    public string? Label { get; private set; }

    /// <summary>CKA_ID of the key.</summary>
    public byte[]? ObjectId { get; private set; }

    public string ModulePath { get; private set; } = "";

    /// <summary>File with the PIN; null when it comes from a variable.</summary>
    public string? PinFile { get; private set; }

    /// <summary>Without the query: which key, not how it is reached.</summary>
    public string Path { get; private init; } = "";

    /// <exception cref="StoreException">It breaks the rules, or says too little.</exception>
    public static Pkcs11Uri Parse(string text)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? text : text[..question];
        if (text.Length > MaxLength)
            throw Malformed($"it is longer than {MaxLength} characters");

        var uri = new Pkcs11Uri { Path = path };
        var seen = new HashSet<string>();
        foreach (var pair in path.Split(';', StringSplitOptions.RemoveEmptyEntries))
            uri.SetPath(Name(pair, seen), Decode(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]));
        foreach (var pair in (question < 0 ? "" : text[(question + 1)..]).Split('&', StringSplitOptions.RemoveEmptyEntries))
            uri.SetQuery(Name(pair, seen), Text(Decode(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..])));

        if (uri.Token is null && uri.Serial is null)
            throw Malformed("it names no token");
        if (uri.Label is null && uri.ObjectId is null)
            throw Malformed("it names no object and no id");
        return System.IO.Path.IsPathFullyQualified(uri.ModulePath)
            ? uri : throw Malformed("module-path must be the whole path of the token's library");
    }

    private void SetPath(string name, byte[] value)
    {
        switch (name)
        {
            case "token": Token = Text(value); break;
            case "serial": Serial = Text(value); break;
            case "object": Label = Text(value); break;
            case "id": ObjectId = value; break;
            case "type" when Text(value) == "secret-key": break;
            case "manufacturer" or "model": break;
            default: throw Malformed($"'{name}' with this value is not known here");
        }
    }

    private void SetQuery(string name, string value)
    {
        switch (name)
        {
            case "module-path": ModulePath = value; break;
            case "pin-source": PinFile = FilePath(value); break;
            case "pin-value": throw Malformed("a PIN in it would be seen by every user of the machine; use pin-source, or NACRE_PKCS11_PIN");
            default: throw Malformed($"'{name}' is not known here");
        }
    }

    // file:/PATH and file:///PATH are the same file (RFC 8089).
    private static string FilePath(string value) => !value.StartsWith("file:", StringComparison.Ordinal) ? value
        : value.StartsWith("file:///", StringComparison.Ordinal) ? value["file://".Length..] : value["file:".Length..];

    private static string Name(string pair, HashSet<string> seen)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw Malformed("each part is name=value");
        return seen.Add(pair[..equals]) ? pair[..equals] : throw Malformed($"'{pair[..equals]}' is there twice");
    }

    private static byte[] Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.Add(text[i] is > ' ' and < '\x7f' ? (byte)text[i] : throw Malformed("it has a character that must be escaped"));
                continue;
            }

            if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, null, out var value))
                throw Malformed("it has an escape that is no %XX");
            bytes.Add(value);
            i += 2;
        }

        return [.. bytes];
    }

    private static string Text(byte[] value) => Encoding.UTF8.GetString(value);

    private static StoreException Malformed(string rule) => new($"the PKCS#11 URI cannot be used: {rule}; write {Form}");
}
