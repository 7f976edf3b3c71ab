namespace Nacre.Cli.Policy;

/// <summary>Two texts line by line, as diff shows them: <c>-</c> only before, <c>+</c> only after, and a few lines around.</summary>
internal static class LineDifference
{
    private const int Around = 3;

    /// <summary>Beyond so many pairs of lines what lies between the common ends is shown as replaced.</summary>
    private const long MaxPairs = 16_000_000;

    public static IEnumerable<string> Of(string before, string after)
    {
        var all = Compare(Lines(before), Lines(after));
        var shown = -1;
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i][0] == ' ' && !IsNearChange(all, i))
                continue;
            if (shown != i - 1)
                yield return "…";
            yield return all[i];
            shown = i;
        }
    }

    private static bool IsNearChange(List<string> all, int at) =>
        all.Skip(Math.Max(0, at - Around)).Take(Math.Min(at, Around) + 1 + Around).Any(line => line[0] != ' ');

    private static List<string> Compare(string[] before, string[] after)
    {
        var head = 0;
        while (head < before.Length && head < after.Length && before[head] == after[head])
            head++;
        var tail = 0;
        while (tail < before.Length - head && tail < after.Length - head && before[^(tail + 1)] == after[^(tail + 1)])
            tail++;

        List<string> all = [.. before[..head].Select(line => $" {line}")];
        AddMiddle(all, before[head..^tail], after[head..^tail]);
        all.AddRange(before[^tail..].Select(line => $" {line}"));
        return all;
    }

    private static void AddMiddle(List<string> all, string[] before, string[] after)
    {
        if ((long)before.Length * after.Length > MaxPairs)
        {
            all.AddRange([.. before.Select(line => $"-{line}"), .. after.Select(line => $"+{line}")]);
            return;
        }

        var common = CommonLengths(before, after);
        var (i, j) = (0, 0);
        while (i < before.Length || j < after.Length)
        {
            if (i < before.Length && j < after.Length && before[i] == after[j])
            {
                all.Add($" {before[i++]}");
                j++;
            }
            else if (i < before.Length && (j == after.Length || common[i + 1, j] >= common[i, j + 1]))
                all.Add($"-{before[i++]}");
            else
                all.Add($"+{after[j++]}");
        }
    }

    /// <summary>How many lines the rests of both texts have in common, in order.</summary>
    private static int[,] CommonLengths(string[] before, string[] after)
    {
        var lengths = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
                lengths[i, j] = before[i] == after[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
        }

        return lengths;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');
}
