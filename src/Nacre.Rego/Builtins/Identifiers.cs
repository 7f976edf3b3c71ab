using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Rego.Builtins;

/// <summary>Semantic versions and UUIDs.</summary>
internal static class Identifiers
{
    public static readonly Builtin[] List =
    [
        new("semver.is_valid", 1, (_, a) => RegoBool.From(a[0] is RegoString text && SemVer.TryParse(text.Value, out SemVer? _))),
        new("semver.compare", 2, (_, a) => RegoNumber.From(SemVer.Parse(a.Text(0), 0).OrderAgainst(SemVer.Parse(a.Text(1), 1)))),
        new("uuid.rfc4122", 1, (c, a) => c.Once(new RegoString(a.Text(0)), NewUuid)),
        new("uuid.parse", 1, (_, a) => ParseUuid(a.Text(0))),
    ];

    // The same for the same text within one evaluation.
    private static RegoString NewUuid()
    {
        var bytes = RandomNumberGenerator.GetBytes(16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new RegoString(new Guid(bytes, bigEndian: true).ToString());
    }

    private static RegoObject? ParseUuid(string text)
    {
        var bare = text.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase) ? text[9..] : text;
        if (bare.Length == 38 && bare[0] == '{' && bare[^1] == '}')
            bare = bare[1..^1];
        if (!(bare.Length is 36 && Guid.TryParseExact(bare, "D", out var guid)) && !(bare.Length is 32 && Guid.TryParseExact(bare, "N", out guid)))
            return null;

        var bytes = guid.ToByteArray(bigEndian: true);
        var version = bytes[6] >> 4;
        var parsed = new Dictionary<string, RegoValue>
        {
            ["version"] = RegoNumber.From(version),
            ["variant"] = new RegoString((bytes[8] >> 5) switch
            {
                <= 3 => "Reserved",
                4 or 5 => "RFC4122",
                6 => "Microsoft",
                _ => "Future",
            }),
        };
        if (version is 1 or 2)
            AddTime(parsed, bytes, version);

        return RegoObject.From(parsed);
    }

    // RFC 4122, section 4.1: time in 100 ns since 1582-10-15, clock sequence, node.
    private static void AddTime(Dictionary<string, RegoValue> parsed, byte[] b, int version)
    {
        const long GregorianToUnix = 122_192_928_000_000_000;
        var low = ((long)b[0] << 24) | ((long)b[1] << 16) | ((long)b[2] << 8) | b[3];
        var mid = ((long)b[4] << 8) | b[5];
        var high = ((long)(b[6] & 0x0F) << 8) | b[7];
        parsed["time"] = RegoNumber.From(((high << 48 | mid << 32 | low) - GregorianToUnix) * 100);
        parsed["clocksequence"] = RegoNumber.From(((b[8] & 0x3F) << 8) | b[9]);

        var node = b[10..];
        parsed["nodeid"] = new RegoString(string.Join('-', node.Select(part => part.ToString("x2", CultureInfo.InvariantCulture))));
        var kind = new StringBuilder((node[0] & 2) == 0 ? "global:" : "local:").Append((node[0] & 1) == 0 ? "unicast" : "multicast");
        parsed["macvariables"] = new RegoString(kind.ToString());
        if (version != 2)
            return;

        parsed["domain"] = new RegoString(b[9] switch { 0 => "Person", 1 => "Group", 2 => "Org", var other => $"Domain{other}" });
        parsed["id"] = RegoNumber.From(low);
    }
}
