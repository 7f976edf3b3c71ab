using System.Globalization;
using System.Numerics;

namespace Nacre.Rego.Builtins;

/// <summary>A semantic version (semver.org 2.0.0); a leading <c>v</c> is allowed.</summary>
internal sealed record SemVer(BigInteger Major, BigInteger Minor, BigInteger Patch, string[] PreRelease)
{
    public static SemVer Parse(string text, int operand) =>
        TryParse(text, out var version) ? version! : throw new RegoBuiltinException($"operand {operand + 1}: string \"{text}\" is not a valid SemVer");

    public static bool TryParse(string text, out SemVer? version)
    {
        version = null;
        var rest = text.StartsWith('v') ? text[1..] : text;
        var plus = rest.IndexOf('+', StringComparison.Ordinal);
        if (plus >= 0)
        {
            if (!rest[(plus + 1)..].Split('.').All(IsIdentifier))
                return false;
            rest = rest[..plus];
        }

        string[] pre = [];
        var dash = rest.IndexOf('-', StringComparison.Ordinal);
        if (dash >= 0)
        {
            pre = rest[(dash + 1)..].Split('.');
            if (!pre.All(part => IsIdentifier(part) && !(part.Length > 1 && part[0] == '0' && part.All(char.IsAsciiDigit))))
                return false;
            rest = rest[..dash];
        }

        var numbers = rest.Split('.');
        if (numbers.Length != 3 || !numbers.All(IsNumber))
            return false;

        version = new SemVer(Number(numbers[0]), Number(numbers[1]), Number(numbers[2]), pre);
        return true;
    }

    public int OrderAgainst(SemVer other)
    {
        var order = Major.CompareTo(other.Major);
        if (order == 0)
            order = Minor.CompareTo(other.Minor);
        if (order == 0)
            order = Patch.CompareTo(other.Patch);
        if (order == 0)
            order = ComparePreRelease(other);

        return Math.Sign(order);
    }

    // Section 11.4: a version without one is the later; numbers sort before words.
    private int ComparePreRelease(SemVer other)
    {
        if (PreRelease.Length == 0 || other.PreRelease.Length == 0)
            return other.PreRelease.Length.CompareTo(PreRelease.Length);

        for (var i = 0; i < Math.Min(PreRelease.Length, other.PreRelease.Length); i++)
        {
            var (left, right) = (PreRelease[i], other.PreRelease[i]);
            var (isLeft, isRight) = (left.All(char.IsAsciiDigit), right.All(char.IsAsciiDigit));
            var order = isLeft && isRight ? Number(left).CompareTo(Number(right))
                : isLeft != isRight ? (isLeft ? -1 : 1)
                : string.CompareOrdinal(left, right);
            if (order != 0)
                return order;
        }

        return PreRelease.Length.CompareTo(other.PreRelease.Length);
    }

    private static BigInteger Number(string digits) => BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    private static bool IsNumber(string text) =>
        text.Length is > 0 and <= 100 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');

    private static bool IsIdentifier(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
