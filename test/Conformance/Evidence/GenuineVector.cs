using Nacre.Verifiers;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Bytes of a vector that verify, in the parts that reach the verifier on their own.</summary>
/// <param name="Id">The file or case of the manifest.</param>
/// <param name="Parts">The evidence, and certificates that come beside it.</param>
/// <param name="Verify">Judges parts in the place of these.</param>
internal sealed record GenuineVector(string Id, IReadOnlyList<GenuinePart> Parts, Func<byte[][], ValueTask<Verdict>> Verify)
{
    public ValueTask<Verdict> VerifyAsync() => Verify([.. Parts.Select(part => part.Bytes)]);

    /// <summary>With one part changed.</summary>
    public ValueTask<Verdict> VerifyAsync(GenuinePart part, byte[] changed) =>
        Verify([.. Parts.Select(one => ReferenceEquals(one, part) ? changed : one.Bytes)]);
}

/// <param name="Name">What it is.</param>
/// <param name="Bytes">The part.</param>
/// <param name="Unvouched">Bytes that nothing here could vouch for; the reason stands where the part is made.</param>
internal sealed record GenuinePart(string Name, byte[] Bytes, params IReadOnlyList<Range> Unvouched)
{
    public bool IsVouchedFor(int offset) => !Unvouched.Any(range => range.Start.Value <= offset && offset < range.End.Value);
}
