using Nacre.Verifiers;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>What must hold of evidence that verifies: nothing near it does, and everything near it ends in a verdict.</summary>
internal static class MutationAttacks
{
    public static void NoTruncationAndNoTrailingByteVerifies(byte[] evidence, Func<byte[], Verdict> verify)
    {
        Assert.IsType<Verified>(verify(evidence));
        for (var length = 0; length < evidence.Length; length++)
            Assert.True(verify(evidence[..length]) is Refused, $"{length} bytes");
        for (var value = 0; value < 256; value++)
            Assert.True(verify([.. evidence, (byte)value]) is Refused, $"a trailing {value}");
    }

    /// <summary>The ids of the checks that failed, in order.</summary>
    public static IEnumerable<string> Failures(this Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id);

    /// <summary>The subject of the one check that failed.</summary>
    public static string OnlyFailure(this Verdict verdict, string id)
    {
        var failure = Assert.Single(Assert.IsType<Refused>(verdict).Failures);
        Assert.Equal(id, failure.Id);
        return failure.Subject;
    }
}
