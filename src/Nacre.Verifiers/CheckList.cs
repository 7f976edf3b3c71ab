namespace Nacre.Verifiers;

/// <summary>
/// Collects the checks of one verification. A verifier goes on after a failed check where that is safe, so that the report is whole;
/// <see cref="Conclude"/> then makes the one verdict.
/// </summary>
public sealed class CheckList
{
    private readonly List<Check> _checks = [];

    public bool Failed { get; private set; }

    /// <summary>The checks so far, in order.</summary>
    public IReadOnlyList<Check> Checks => _checks;

    /// <summary>Records a check and returns whether it passed.</summary>
    public bool Require(bool passed, string id, string subject, string? expected = null, string? found = null, string? remedy = null)
    {
        _checks.Add(new Check(id, passed ? CheckOutcome.Passed : CheckOutcome.Failed, subject, expected, found, passed ? null : remedy));
        Failed |= !passed;
        return passed;
    }

    /// <summary>Records checks that passed before on the very same bytes, and depend on nothing else.</summary>
    internal void Repeat(IReadOnlyList<Check> passed) => _checks.AddRange(passed);

    public void NotMade(string id, string subject, string reason) => _checks.Add(new Check(id, CheckOutcome.NotMade, subject, Found: reason));

    /// <summary>The verdict: refused if any check failed, if none was made, or if there are no claims.</summary>
    public Verdict Conclude(Func<IReadOnlyList<VerifiedClaims>> claims)
    {
        if (Failed || !_checks.Exists(check => check.Outcome == CheckOutcome.Passed))
            return new Refused(_checks);

        var verified = claims();
        return verified.Count > 0 ? new Verified(_checks, verified) : new Refused(_checks);
    }

    /// <summary>For a failure after which nothing more can be looked at, such as evidence that does not parse.</summary>
    public Verdict Refuse()
    {
        Failed = true;
        return new Refused(_checks);
    }
}
