using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Csv;

namespace Nacre.UnitTests.Verifiers.Csv;

/// <summary>Reports of version 2, with RTMRs and an event log, of a machine that exists only here.</summary>
[Trait("Group", "EvidenceCsv")]
public sealed class CsvExtendedTests
{
    // One verification takes milliseconds: one bit in 61, another one in each byte.
    private const int Stride = 61;

    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly HygonMachine s_machine = new();
    private static readonly byte[] s_reportData = [1, 2, 3];

    [Fact]
    public async Task Evidence_with_its_log_verifies_and_gives_upstreams_claims()
    {
        var log = new EventLogWriter().Measure(1, [1]).Measure(2, [2]).Measure(2, [3]).Measure(4, [4]);
        var claims = Assert.Single(Assert.IsType<Verified>(await VerifyAsync(log, log.ToBytes())).Claims);

        Assert.Equal("cpu", claims.TeeClass);
        Assert.Equal(
            [
                "version", "policy", "user_pubkey_digest", "vm_id", "vm_version", "report_data", "mnonce", "measure", "sig_usage", "sig_algo",
                "serial_number", "build", "rtmr_version", "reserved0", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "rtmr4", "reserved1", "uefi_event_logs",
            ],
            claims.Claims.Select(claim => claim.Key));
        Assert.Equal("2", (string?)claims.Claims["version"]);
        Assert.Equal("21090000", (string?)claims.Claims["build"]);
        Assert.Equal("0100", (string?)claims.Claims["rtmr_version"]);
        Assert.Equal("44" + new string('0', 26), (string?)claims.Claims["reserved0"]);
        Assert.Equal("55" + new string('0', 1310), (string?)claims.Claims["reserved1"]);
        Assert.Equal(Convert.ToHexStringLower(log.Registers[2]), (string?)claims.Claims["rtmr2"]);
        Assert.Equal(HygonMachine.SerialNumber, (string?)claims.Claims["serial_number"]);

        Assert.Equal([1u, 2u, 2u, 4u], claims.Claims["uefi_event_logs"]!.AsArray().Select(entry => (uint)entry!["index"]!));
    }

    [Fact]
    public async Task A_log_that_is_not_what_was_measured_is_refused()
    {
        var log = new EventLogWriter().Measure(1, [1]).Measure(2, [2]).Measure(2, [3]).Measure(4, [4]);
        Assert.Equal(["csv.event_log.replay"], Failures(await VerifyAsync(log, log.Without(1))));
        Assert.Equal(["csv.event_log.replay"], Failures(await VerifyAsync(log, log.Swapped(1, 2))));
        Assert.Equal(["csv.event_log.format"], Failures(await VerifyAsync(log, log.ToBytes()[..^1])));

        // Of register 4 no event is left: its zeros are compared all the same.
        Assert.Equal(["csv.event_log.replay"], Failures(await VerifyAsync(log, log.Without(3))));
    }

    // Index 0 is RTMR0, which nothing extends; behind 4 there is no register.
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task An_event_of_an_index_without_a_register_is_refused(int index)
    {
        var log = new EventLogWriter().Measure(1, [1]);
        Assert.Equal(["csv.event_log.replay"], Failures(await VerifyAsync(log, log.Write(index, new byte[32], [9]).ToBytes())));
    }

    [Fact]
    public async Task Evidence_without_a_log_verifies_and_has_no_events()
    {
        var verified = Assert.IsType<Verified>(await VerifyAsync(s_machine.Evidence(s_machine.Report(s_reportData))));
        Assert.False(verified.Claims[0].Claims.ContainsKey("uefi_event_logs"));
        Assert.Contains(verified.Checks, check => check is { Id: "csv.event_log.replay", Outcome: CheckOutcome.NotMade });
    }

    [Fact]
    public async Task No_flipped_bit_of_the_report_verifies()
    {
        var report = s_machine.Report(s_reportData);
        Assert.IsType<Verified>(await VerifyReportAsync(report));
        await Parallel.ForAsync(0, 8 * report.Length / Stride, async (i, _) =>
        {
            var changed = (byte[])report.Clone();
            changed[i * Stride / 8] ^= (byte)(1 << (i * Stride % 8));
            Assert.True(await VerifyReportAsync(changed) is Refused, $"bit {i * Stride}");
        });
    }

    [Fact]
    public async Task No_truncation_and_no_longer_report_verifies()
    {
        var report = s_machine.Report(s_reportData);
        for (var length = 0; length < report.Length; length++)
            Assert.IsType<Refused>(await VerifyReportAsync(report[..length]));
        Assert.IsType<Refused>(await VerifyReportAsync([.. report, 1]));
        Assert.IsType<Verified>(await VerifyReportAsync([.. report, .. new byte[CsvReport.PageSize - report.Length]]));
    }

    [Fact]
    public async Task Refuses_a_guest_in_debug_another_key_usage_and_another_challenge()
    {
        Assert.Equal(["csv.debug"], Failures(await VerifyReportAsync(s_machine.Report(s_reportData, policy: 0))));
        Assert.IsType<Verified>(await VerifyReportAsync(s_machine.Report(s_reportData, policy: 0), new() { Root = s_machine.Root, AllowDebug = true }));
        Assert.Equal(["csv.report.signing_key"], Failures(await VerifyReportAsync(s_machine.Report(s_reportData, usage: HygonCertificate.ChipUsage))));
        Assert.Equal(["csv.report_data"], Failures(await VerifyReportAsync(s_machine.Report([1, 2, 4]))));
    }

    [Fact]
    public async Task Refuses_the_root_and_the_chain_of_another_machine()
    {
        var other = new HygonMachine();
        var report = s_machine.Report(s_reportData);
        Assert.Equal(["csv.chain.hsk"], Failures(await VerifyReportAsync(report, new())));
        Assert.Equal(["csv.chain.hsk", "csv.chain.pek"], Failures(await VerifyReportAsync(report, chain: other.Chain)));
        Assert.Equal(
            ["csv.chain.hsk", "csv.chain.cek"],
            Failures(await VerifyReportAsync(report, chain: new(other.Chain.SigningKey, s_machine.Chain.ChipKey))));
    }

    [Fact]
    public async Task Refuses_parts_of_another_piece_of_evidence()
    {
        var report = s_machine.Report(s_reportData);
        var otherKey = s_machine.Evidence(report);
        otherKey["cert_chain"]!["pek"] = new HygonMachine().Evidence(report)["cert_chain"]!["pek"]!.DeepClone();
        Assert.Equal(["csv.pek"], Failures(await VerifyAsync(otherKey)));

        var otherSerial = s_machine.Evidence(report);
        otherSerial["serial_number"]![0] = (int)'X';
        Assert.Equal(["csv.serial_number"], Failures(await VerifyAsync(otherSerial)));
    }

    [Fact]
    public async Task Refuses_a_version_that_its_flags_do_not_name()
    {
        foreach (var (name, value) in new (string, JsonNode)[] { ("flags", 0), ("flags", 2), ("magic", new JsonArray([.. new int[16].Select(zero => (JsonNode)zero)])) })
        {
            var evidence = s_machine.Evidence(s_machine.Report(s_reportData));
            evidence["attestation_report"]![name] = value;
            Assert.Equal(["csv.evidence.format"], Failures(await VerifyAsync(evidence)));
        }
    }

    [Fact]
    public void The_version_of_bare_bytes_is_told_by_where_they_end()
    {
        var report = s_machine.Report(s_reportData);
        Assert.True(CsvReport.IsExtended(report));
        Assert.True(CsvReport.IsExtended([.. report, .. new byte[CsvReport.PageSize - report.Length]]));
        Assert.False(CsvReport.IsExtended([.. report.AsSpan(0, 2548), .. new byte[CsvReport.PageSize - 2548]]));
        Assert.False(CsvReport.IsExtended(report.AsSpan(0, 2548)));
    }

    private static Task<Verdict> VerifyAsync(EventLogWriter measured, byte[] log) =>
        VerifyAsync(s_machine.Evidence(s_machine.Report(s_reportData, measured.Registers), log));

    private static async Task<Verdict> VerifyAsync(JsonObject evidence) => await new CsvVerifier(new() { Root = s_machine.Root })
        .VerifyAsync(new() { Evidence = HygonMachine.Utf8(evidence), At = s_at, ReportData = s_reportData }, default);

    private static async Task<Verdict> VerifyReportAsync(byte[] report, CsvOptions? options = null, HygonChain? chain = null) =>
        await new CsvVerifier(options ?? new() { Root = s_machine.Root }).VerifyReportAsync(
            report, isExtended: true, chain ?? s_machine.Chain, new() { Evidence = default, At = s_at, ReportData = s_reportData }, default);

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id).Distinct();
}
