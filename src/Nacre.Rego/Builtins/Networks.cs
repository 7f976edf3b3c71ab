using System.Net;
using System.Numerics;

namespace Nacre.Rego.Builtins;

/// <summary>Ranges of IP addresses in CIDR form.</summary>
internal static class Networks
{
    private const int MaxExpanded = 1 << 22;

    private readonly record struct Range(BigInteger First, BigInteger Last, int Bits)
    {
        public bool Contains(Range other) => Bits == other.Bits && First <= other.First && other.Last <= Last;

        public bool Overlaps(Range other) => Bits == other.Bits && First <= other.Last && other.First <= Last;
    }

    public static readonly Builtin[] List =
    [
        new("net.cidr_contains", 2, (_, a) => RegoBool.From(Contains(a.Text(0), a.Text(1)))),
        new("net.cidr_overlap", 2, (_, a) => RegoBool.From(Contains(a.Text(0), a.Text(1)))),
        new("net.cidr_intersects", 2, (_, a) => RegoBool.From(Cidr(a.Text(0)).Overlaps(Cidr(a.Text(1))))),
        new("net.cidr_contains_matches", 2, ContainsMatches),
        new("net.cidr_expand", 1, Expand),
        new("net.cidr_merge", 1, Merge),
        new("net.cidr_is_valid", 1, (_, a) => RegoBool.From(a[0] is RegoString text && TryCidr(text.Value) is not null)),
        new("net.lookup_ip_addr", 1, (_, _) => throw new RegoBuiltinException("the network is off; a host can register this builtin to turn it on") { IsFatal = true }),
        new("http.send", 1, (_, a) => HttpRequests.Refuse(a.Object(0))),
    ];

    private static bool Contains(string outer, string inner)
    {
        var range = Cidr(outer);
        if (TryAddress(inner) is { } address)
            return range.Contains(address);

        return range.Contains(TryCidr(inner)
            ?? throw new RegoBuiltinException($"not a valid textual representation of an IP address or CIDR: {inner}"));
    }

    private static Range Cidr(string text) => TryCidr(text) ?? throw new RegoBuiltinException($"invalid CIDR address: {text}");

    private static Range? TryCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || TryAddress(text[..slash]) is not { } address
            || !int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out var prefix) || prefix > address.Bits)
            return null;

        var size = BigInteger.One << (address.Bits - prefix);
        var first = address.First / size * size;
        return new Range(first, first + size - 1, address.Bits);
    }

    private static Range? TryAddress(string text)
    {
        // .NET reads "1" and "0x1.2" as addresses, Go does not.
        var isV4 = text.Count(c => c == '.') == 3 && !text.Contains(':');
        if ((!isV4 && !text.Contains(':')) || text.Contains('%') || text.Contains('[')
            || (isV4 && !text.Split('.').All(part => part.Length is > 0 and <= 3 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0')))
            || !IPAddress.TryParse(text, out var address))
            return null;

        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        var value = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return new Range(value, value, bytes.Length * 8);
    }

    private static string Text(BigInteger address, int bits)
    {
        var bytes = new byte[bits / 8];
        var digits = address.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, bytes.Length - digits.Length);
        return new IPAddress(bytes).ToString();
    }

    private static RegoSet ContainsMatches(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var found = new HashSet<RegoValue>();
        var inner = Entries(a[1], 2);
        foreach (var (cidr, index) in Entries(a[0], 1))
            foreach (var (other, otherIndex) in inner)
            {
                call.Evaluation.Step();
                if (Contains(cidr, other))
                    found.Add(new RegoArray([index, otherIndex]));
            }

        return RegoSet.FromDistinct(found);
    }

    private static List<(string Cidr, RegoValue Index)> Entries(RegoValue value, int operand) => value switch
    {
        RegoString text => [(text.Value, text)],
        RegoArray array => [.. array.Items.Select((item, i) => (First(item, operand), (RegoValue)RegoNumber.From(i)))],
        RegoSet set => [.. set.Items.Select(item => (First(item, operand), item))],
        RegoObject members => [.. members.Keys.Zip(members.Values, (key, item) => (First(item, operand), key))],
        _ => [],
    };

    private static string First(RegoValue item, int operand) => item switch
    {
        RegoString text => text.Value,
        RegoArray { Count: > 0 } array when array[0] is RegoString text => text.Value,
        _ => throw new RegoBuiltinException($"operand {operand}: element must be string or non-empty array"),
    };

    private static RegoSet Expand(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var range = Cidr(a.Text(0));
        var count = range.Last - range.First + 1;
        if (count > MaxExpanded)
            throw new RegoBuiltinException($"the range has more than {MaxExpanded} addresses");

        call.Evaluation.Steps((long)count);
        call.Evaluation.Charge((int)count * 6);
        var addresses = new HashSet<RegoValue>();
        for (var at = range.First; at <= range.Last; at++)
            addresses.Add(new RegoString(Text(at, range.Bits)));

        return RegoSet.FromDistinct(addresses);
    }

    private static RegoSet Merge(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var ranges = a.Texts(0).ConvertAll(Network);
        ranges.Sort((left, right) => left.Bits != right.Bits ? left.Bits.CompareTo(right.Bits)
            : left.Last != right.Last ? left.Last.CompareTo(right.Last) : left.First.CompareTo(right.First));
        for (var i = ranges.Count - 1; i > 0; i--)
        {
            if (ranges[i].Bits != ranges[i - 1].Bits || ranges[i].First - 1 > ranges[i - 1].Last)
                continue;
            ranges[i - 1] = ranges[i] with { First = BigInteger.Min(ranges[i].First, ranges[i - 1].First) };
            ranges.RemoveAt(i);
        }

        call.Evaluation.Charge(ranges.Count);
        return RegoSet.From(ranges.SelectMany(Cidrs));
    }

    private static IEnumerable<RegoValue> Cidrs(Range range)
    {
        for (var first = range.First; first <= range.Last;)
        {
            // The largest block that starts here and ends in the range.
            var size = BigInteger.One;
            while ((first & ((size << 1) - 1)).IsZero && first + (size << 1) - 1 <= range.Last && size << 1 <= BigInteger.One << range.Bits)
                size <<= 1;
            yield return new RegoString($"{Text(first, range.Bits)}/{range.Bits - (int)(size.GetBitLength() - 1)}");
            first += size;
        }
    }

    // A bare IPv4 address stands for the network of its class.
    private static Range Network(string text)
    {
        if (TryAddress(text) is not { } address)
            return Cidr(text);
        if (address.Bits != 32)
            throw new RegoBuiltinException("IPv6 invalid: needs prefix length");

        var first = (int)(address.First >> 24);
        return Cidr($"{text}/{(first < 128 ? 8 : first < 192 ? 16 : 24)}");
    }
}
