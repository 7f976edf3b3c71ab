namespace Nacre.Verifiers;

public enum CheckOutcome
{
    Passed,
    Failed,

    /// <summary>Not made, because an earlier check failed or the caller gave no expectation. Never counts as passed.</summary>
    NotMade,
}

/// <summary>One check a verifier made. The id is stable and documented; the rest is for people.</summary>
/// <param name="Id">Such as <c>tpm.quote.signature</c>.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Subject">The field or object that was looked at, in the words of its specification.</param>
/// <param name="Expected">What would have passed; null when the check has no such value.</param>
/// <param name="Found">What was there.</param>
/// <param name="Remedy">What the operator can do about a failure.</param>
public sealed record Check(string Id, CheckOutcome Outcome, string Subject, string? Expected = null, string? Found = null, string? Remedy = null)
{
    public override string ToString() =>
        $"{Id}: {Subject}{(Expected is null ? "" : $", expected {Expected}")}{(Found is null ? "" : $", found {Found}")}";
}
