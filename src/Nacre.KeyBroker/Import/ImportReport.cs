namespace Nacre.KeyBroker.Import;

/// <summary>What became of the values of one namespace.</summary>
/// <param name="Space">As upstream calls it.</param>
/// <param name="Added">There was none of that name.</param>
/// <param name="Same">The same was there.</param>
/// <param name="Replaced">Another was there, and has gone.</param>
/// <param name="Kept">Another was there, and has stayed.</param>
/// <param name="Skipped">Not taken over, for what they are.</param>
public sealed record ImportCount(string Space, int Added = 0, int Same = 0, int Replaced = 0, int Kept = 0, int Skipped = 0)
{
    public override string ToString() =>
        $"{Space}: {Added} added, {Same} the same, {Replaced} replaced, {Kept} kept" + (Skipped > 0 ? $", {Skipped} left out" : "");
}

/// <summary>What an import did, or would do.</summary>
/// <param name="Counts">By namespace.</param>
/// <param name="Notes">What the operator must know, one line each: what stayed as it was, what was left out.</param>
public sealed record ImportReport(IReadOnlyList<ImportCount> Counts, IReadOnlyList<string> Notes);

/// <summary>Values that cannot be taken over. Nothing was.</summary>
public sealed class ImportException(IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
