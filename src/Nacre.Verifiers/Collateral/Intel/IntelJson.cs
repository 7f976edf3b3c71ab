using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>The signed JSON of Intel's certification service (evidence.md 2.4): one body, and a signature over its text exactly as received.</summary>
/// <param name="Body">What the text says.</param>
/// <param name="Text">From <c>{</c> to <c>}</c>, as received.</param>
/// <param name="Signature">r ‖ s, big endian.</param>
internal sealed record SignedBody<T>(T Body, byte[] Text, byte[] Signature);

internal static class IntelJson
{
    public const int MaxSize = 1024 * 1024;
    private const int MaxLevels = 256;
    private const int MaxAdvisories = 256;

    public static SignedBody<T> Parse<T>(ReadOnlyMemory<byte> utf8, string structure, string member, Func<JsonFields, T> read)
    {
        using var document = StrictJson.Parse(utf8, structure, MaxSize);
        var root = new JsonFields(structure, document.RootElement);
        root.Only(member, "signature");
        var body = root.Object(member);
        var text = JsonMarshal.GetRawUtf8Value(body.Element).ToArray();
        try
        {
            return new(read(body), text, Hex(root, "signature", 64));
        }
        catch (InvalidOperationException error)
        {
            throw new MalformedDataException(structure, member, 0, "holds half of a surrogate pair", error);
        }
    }

    public static byte[] Hex(JsonFields fields, string name, int length)
    {
        var text = fields.Text(name, 2 * length);
        if (text.Length != 2 * length || text.AsSpan().ContainsAnyExcept(s_hex))
            throw fields.Malformed(name, $"must be {length} bytes in hexadecimal");

        return Convert.FromHexString(text);
    }

    public static int Number(JsonFields fields, string name, int max) =>
        fields.Any(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= 0 && number <= max
            ? number
            : throw fields.Malformed(name, $"must be a number from 0 to {max}");

    public static DateTimeOffset Date(JsonFields fields, string name) =>
        DateTimeOffset.TryParseExact(
            fields.Text(name, 32), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date
            : throw fields.Malformed(name, "must be a date and time in UTC, such as 2025-01-31T00:00:00Z");

    public static IEnumerable<JsonFields> Objects(JsonFields fields, string structure, string name, int min, int max)
    {
        var array = fields.Any(name);
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() < min || array.GetArrayLength() > max)
            throw fields.Malformed(name, $"must be an array of {min} to {max}");

        return array.EnumerateArray().Select((entry, i) => new JsonFields($"{structure}.{name}[{i}]", entry));
    }

    /// <summary>The members that every level has besides its versions.</summary>
    public static TcbVerdict Verdict(JsonFields level)
    {
        var advisories = Array.Empty<string>();
        if (level.Find("advisoryIDs") is { } ids)
        {
            if (ids.ValueKind != JsonValueKind.Array || ids.GetArrayLength() > MaxAdvisories
                || ids.EnumerateArray().Any(id => id.ValueKind != JsonValueKind.String || id.GetString()!.Length > 64))
                throw level.Malformed("advisoryIDs", $"must be an array of at most {MaxAdvisories} short strings");

            advisories = [.. ids.EnumerateArray().Select(id => id.GetString()!)];
        }

        var status = TcbStatuses.Find(level.Text("tcbStatus", 64)) ?? throw level.Malformed("tcbStatus", "is none that is known");
        return new(status, Date(level, "tcbDate"), advisories);
    }

    /// <summary>Levels that go by one number: of QE identities and of TDX module identities.</summary>
    public static IReadOnlyList<IsvSvnLevel> IsvSvnLevels(JsonFields fields, string structure)
    {
        var levels = Objects(fields, structure, "tcbLevels", 1, MaxLevels)
            .Select(level => new IsvSvnLevel(Number(level.Object("tcb"), "isvsvn", ushort.MaxValue), Verdict(level))).ToArray();
        if (levels.DistinctBy(level => level.IsvSvn).Count() != levels.Length)
            throw fields.Malformed("tcbLevels", "has two levels of the same version");

        return levels;
    }

    private static readonly System.Buffers.SearchValues<char> s_hex = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
}

/// <summary>What is said of a level.</summary>
public sealed record TcbVerdict(TcbStatus Status, DateTimeOffset Date, IReadOnlyList<string> AdvisoryIds);

/// <summary>A level of one enclave or module: it holds for this version and later ones.</summary>
public sealed record IsvSvnLevel(int IsvSvn, TcbVerdict Verdict)
{
    /// <summary>The first level of the list, which is in descending order, that <paramref name="isvSvn"/> reaches; null for none.</summary>
    internal static IsvSvnLevel? Find(IReadOnlyList<IsvSvnLevel> levels, int isvSvn) => levels.FirstOrDefault(level => isvSvn >= level.IsvSvn);
}
