using Nacre.Evidence.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Csv;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>What is refused of a genuine report of Hygon CSV (single bits: <see cref="EvidenceMutationsTests"/>).</summary>
[Trait("Group", "EvidenceCsv")]
public sealed class CsvAttackTests
{
    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private static byte[] Report => SharedVectors.Read("csv/csv-rs/report.cert");

    private static byte[] Chain => SharedVectors.Read("csv/csv-rs/hsk_cek.cert");

    [Fact]
    public async Task The_report_verifies() => Assert.IsType<Verified>(await VerifyAsync(Report, Chain));

    [Fact]
    public async Task No_truncation_verifies()
    {
        var report = Report;
        for (var length = 0; length < report.Length; length++)
            Assert.IsType<Refused>(await VerifyAsync(report[..length], Chain));
        Assert.IsType<Refused>(await VerifyAsync([.. report, 1], Chain));
    }

    [Fact]
    public async Task Refuses_another_root_other_report_data_and_a_guest_in_debug()
    {
        var chain = HygonChain.Parse(Chain);
        var submission = new EvidenceSubmission { Evidence = default, At = s_at };
        var other = new CsvVerifier(new() { AllowDebug = true, Root = chain.SigningKey });
        Assert.Equal(["csv.chain.hsk"], Failures(await other.VerifyReportAsync(Report, isExtended: false, chain, submission, default)));

        var lax = new CsvVerifier(new() { AllowDebug = true });
        Assert.Equal(["csv.report_data"], Failures(await lax.VerifyReportAsync(Report, isExtended: false, chain, submission with { ReportData = [1] }, default)));
        Assert.Equal(["csv.chain.present"], Failures(await lax.VerifyReportAsync(Report, isExtended: false, null, submission, default)));
    }

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id);

    // Certificates that do not parse are refused before there is anything to verify.
    private static async Task<Verdict> VerifyAsync(byte[] report, byte[] chain)
    {
        HygonChain? parsed = null;
        try
        {
            parsed = HygonChain.Parse(chain);
        }
        catch (Formats.MalformedDataException)
        {
            // Verified without a chain: refused.
        }

        return await new CsvVerifier(new()).VerifyReportAsync(report, isExtended: false, parsed, new() { Evidence = default, At = s_at }, default);
    }
}
