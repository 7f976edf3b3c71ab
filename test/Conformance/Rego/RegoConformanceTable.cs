using System.Collections.Concurrent;
using System.Globalization;

namespace Nacre.ConformanceTests.Rego;

/// <summary>Counts by category and prints the table when all cases are through.</summary>
public sealed class RegoConformanceTable : IDisposable
{
    private readonly ConcurrentDictionary<string, (int Passed, int Failed)> _counts = new();

    public void Count(string category, bool passed) => _counts.AddOrUpdate(
        category,
        passed ? (1, 0) : (0, 1),
        (_, count) => passed ? (count.Passed + 1, count.Failed) : (count.Passed, count.Failed + 1));

    public void Dispose()
    {
        if (_counts.Count < 2)
            return;

        Print("category", "passed", "failed");
        foreach (var (category, count) in _counts.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            Print(category, Text(count.Passed), Text(count.Failed));
        foreach (var set in _counts.GroupBy(entry => entry.Key.Split('/', '\\')[0]).OrderBy(set => set.Key, StringComparer.Ordinal))
            Print("all of " + set.Key, Text(set.Sum(entry => entry.Value.Passed)), Text(set.Sum(entry => entry.Value.Failed)));
        Print("all", Text(_counts.Values.Sum(count => count.Passed)), Text(_counts.Values.Sum(count => count.Failed)));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Print(string category, string passed, string failed) => Console.WriteLine($"{category,-48}{passed,8}{failed,8}");
}
