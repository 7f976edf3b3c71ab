using Nacre.Attesters;
using Nacre.Attesters.Tpm;
using Nacre.Evidence;
using Nacre.Verifiers;

namespace Nacre.UnitTests.Attesters;

[Trait("Group", "Tpm")]
public sealed class AttesterListTests
{
    private static readonly AttesterOptions s_nothing = new() { Tpm = new() { Endpoint = TpmEndpoint.Parse("/dev/nonexistent-tpm") } };

    [Fact]
    public void Every_entry_makes_the_attester_it_names_in_the_order_of_detection()
    {
        var names = AttesterList.All.Select(entry => entry.Tee).ToList();

        Assert.Contains(TeeNames.Tpm, names);
        Assert.Equal(TeeNames.All.Where(names.Contains), names);
        Assert.All(AttesterList.All, entry => Assert.Equal(entry.Tee, AttesterList.Create(entry.Tee, s_nothing, TimeProvider.System).Tee));
    }

    [Fact]
    public void A_machine_without_a_tee_has_none_rather_than_the_sample() =>
        Assert.Null(AttesterList.Detect(s_nothing, TimeProvider.System));

    [Fact]
    public void The_sample_is_there_when_asked_for_by_name() =>
        Assert.Equal(TeeNames.Sample, AttesterList.Create(TeeNames.Sample, s_nothing, TimeProvider.System).Tee);

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones() =>
        Assert.Contains(
            "known are tpm",
            Assert.Throws<ArgumentException>(() => AttesterList.Create("snpp", s_nothing, TimeProvider.System)).Message, StringComparison.Ordinal);

    [Fact]
    public void Sample_evidence_is_verified_only_where_it_was_allowed()
    {
        Assert.DoesNotContain(VerifierList.Create(new()), verifier => verifier.Tee == TeeNames.Sample);
        Assert.Contains(VerifierList.Create(new() { AllowSampleEvidence = true }), verifier => verifier.Tee == TeeNames.Sample);
    }

    [Fact]
    public async Task Sample_evidence_is_bound_to_the_report_data_and_nothing_else()
    {
        var verifier = Assert.Single(VerifierList.Create(new() { AllowSampleEvidence = true }), verifier => verifier.Tee == TeeNames.Sample);
        var evidence = await AttesterList.Create(TeeNames.Sample, s_nothing, TimeProvider.System).GetEvidenceAsync(new byte[] { 1, 2 }, default);
        EvidenceSubmission submission = new() { Evidence = evidence, At = DateTimeOffset.UnixEpoch, ReportData = [1, 2], InitDataDigest = [7] };

        var verified = Assert.IsType<Verified>(await verifier.VerifyAsync(submission, default));

        Assert.Equal("abcde", (string?)verified.Claims[0].Claims["launch_digest"]);
        Assert.Equal("Bw==", (string?)verified.Claims[0].Claims["init_data"]);
        Assert.IsType<Refused>(await verifier.VerifyAsync(submission with { ReportData = [1, 2, 0] }, default));
        Assert.IsType<Refused>(await verifier.VerifyAsync(submission with { Evidence = evidence.AsMemory(1) }, default));
    }
}
