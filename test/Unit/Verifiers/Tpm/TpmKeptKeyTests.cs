using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.UnitTests.Verifiers.Tpm;

/// <summary>What a verifier remembers of attestation keys changes nothing but its speed.</summary>
[Trait("Group", "Tpm")]
public sealed class TpmKeptKeyTests : IDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly TpmVerifier _verifier = new();

    public void Dispose() => _rsa.Dispose();

    [Theory]
    [InlineData(TpmAlgorithm.RsaSsa)]
    [InlineData(TpmAlgorithm.RsaPss)]
    public void A_key_seen_before_gets_the_same_checks_and_claims(ushort scheme)
    {
        var evidence = new TestQuote { Scheme = scheme }.Sign(_rsa);
        var first = Assert.IsType<Verified>(Verify(evidence));
        var second = Assert.IsType<Verified>(Verify(evidence));

        Assert.Equal(first.Checks, second.Checks);
        Assert.Equal(first.Claims[0].Claims.ToJsonString(), second.Claims[0].Claims.ToJsonString());
    }

    [Fact]
    public void A_key_seen_before_is_not_believed_without_its_endorsement()
    {
        var evidence = new TestQuote().Sign(_rsa);
        Assert.IsType<Verified>(Verify(evidence));

        var verdict = _verifier.Verify(Submission(evidence) with { Endorsement = null });
        Assert.Equal(["tpm.ak.trust"], TestQuote.Failures(verdict));
    }

    [Fact]
    public void A_changed_quote_by_a_key_seen_before_is_refused()
    {
        var evidence = new TestQuote().Sign(_rsa);
        Assert.IsType<Verified>(Verify(evidence));

        evidence.Signature[^1] ^= 1;
        Assert.Equal(["tpm.quote.signature"], TestQuote.Failures(Verify(evidence)));
    }

    private Verdict Verify(TpmEvidence evidence) => _verifier.Verify(Submission(evidence));

    private static EvidenceSubmission Submission(TpmEvidence evidence) => new()
    {
        Evidence = evidence.ToJson(),
        At = DateTimeOffset.UnixEpoch,
        ReportData = TestQuote.ReportData,
        Endorsement = TpmKeyEndorsement.Enrolled(evidence.AkPublic),
    };
}
