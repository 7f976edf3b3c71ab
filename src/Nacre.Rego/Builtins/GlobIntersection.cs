namespace Nacre.Rego.Builtins;

/// <summary><c>regex.globs_match</c>: is there a text that two patterns of characters, <c>.</c>, <c>[…]</c>, <c>*</c>, <c>+</c> both match?</summary>
internal static class GlobIntersection
{
    private const int MaxLength = 2000;

    private sealed record Part(HashSet<char>? Set, bool IsOptional, bool Repeats)
    {
        public bool Meets(Part other) => Set is null || other.Set is null || Set.Overlaps(other.Set);
    }

    public static bool IsNonEmpty(string left, string right)
    {
        var (l, r) = (Parse(left), Parse(right));
        var seen = new HashSet<(int, int)>();
        var queue = new Stack<(int L, int R)>();
        queue.Push((0, 0));
        while (queue.TryPop(out var at))
        {
            if (!seen.Add(at))
                continue;
            if (at == (l.Count, r.Count))
                return true;

            var (i, j) = at;
            if (i < l.Count && l[i].IsOptional)
                queue.Push((i + 1, j));
            if (j < r.Count && r[j].IsOptional)
                queue.Push((i, j + 1));
            if (i == l.Count || j == r.Count || !l[i].Meets(r[j]))
                continue;

            queue.Push((i + 1, j + 1));
            if (l[i].Repeats)
                queue.Push((i, j + 1));
            if (r[j].Repeats)
                queue.Push((i + 1, j));
        }

        return false;
    }

    private static List<Part> Parse(string pattern)
    {
        if (pattern.Length > MaxLength)
            throw new RegoBuiltinException($"pattern is longer than {MaxLength}");

        var parts = new List<Part>();
        for (var at = 0; at < pattern.Length; at++)
        {
            HashSet<char>? set;
            switch (pattern[at])
            {
                case '.':
                    set = null;
                    break;
                case '[':
                    (set, at) = Class(pattern, at + 1);
                    break;
                case '\\' when at + 1 < pattern.Length:
                    set = [pattern[++at]];
                    break;
                case '*' or '+':
                    throw new RegoBuiltinException($"input:{pattern}, pos:{at}, flag {pattern[at]} must be preceded by a non-flag");
                default:
                    set = [pattern[at]];
                    break;
            }

            var flag = at + 1 < pattern.Length && pattern[at + 1] is '*' or '+' ? pattern[++at] : ' ';

            // x+ is x followed by x*.
            if (flag == '+')
                parts.Add(new Part(set, IsOptional: false, Repeats: false));
            parts.Add(new Part(set, IsOptional: flag != ' ', Repeats: flag != ' '));
        }

        return parts;
    }

    private static (HashSet<char> Set, int End) Class(string pattern, int at)
    {
        var set = new HashSet<char>();
        for (; at < pattern.Length && pattern[at] != ']'; at++)
        {
            if (pattern[at] == '\\' && at + 1 < pattern.Length)
                at++;
            var from = pattern[at];
            if (at + 2 < pattern.Length && pattern[at + 1] == '-' && pattern[at + 2] != ']')
            {
                var to = pattern[at += 2];
                for (var c = from; c <= to; c++)
                    set.Add(c);
            }
            else
                set.Add(from);
        }

        return at < pattern.Length ? (set, at) : throw new RegoBuiltinException($"input:{pattern}, failed to find closing ]");
    }
}
