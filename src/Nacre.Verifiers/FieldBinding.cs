namespace Nacre.Verifiers;

/// <summary>
/// The comparison of a field of fixed width with the value that was expected in it (evidence.md 1, rule 2): a shorter value is followed by
/// zeros, and the whole field is compared.
/// </summary>
internal static class FieldBinding
{
    /// <param name="checks">Where the check is recorded.</param>
    /// <param name="id">Id of the check.</param>
    /// <param name="subject">The field.</param>
    /// <param name="expected">Null when the caller expects nothing: then the check is not made.</param>
    /// <param name="field">The whole field.</param>
    /// <param name="mayCut">Whether guests cut a longer value to the width of the field. Otherwise a longer one is refused.</param>
    /// <param name="remedy">What to do about a difference.</param>
    public static void Require(
        CheckList checks, string id, string subject, byte[]? expected, ReadOnlySpan<byte> field, bool mayCut, string remedy)
    {
        if (expected is null)
        {
            checks.NotMade(id, subject, "nothing is expected in it");
            return;
        }

        // An empty expectation would be met by zeros: it binds nothing.
        if (expected.Length == 0 || expected.Length > field.Length && !mayCut)
        {
            checks.Require(
                false, id, subject, $"a value of 1 to {field.Length} bytes", $"{expected.Length} bytes are expected in it",
                "ask with a digest that fits the field");
            return;
        }

        var padded = new byte[field.Length];
        var used = Math.Min(expected.Length, field.Length);
        expected.AsSpan(0, used).CopyTo(padded);
        var form = expected.Length > used ? $" (the first {used} of {expected.Length} bytes, as guests cut it)"
            : expected.Length < field.Length ? $" ({expected.Length} bytes, padded with zeros)" : "";
        checks.Require(
            padded.AsSpan().SequenceEqual(field), id, subject,
            Convert.ToHexStringLower(padded) + form, Convert.ToHexStringLower(field), remedy);
    }
}
