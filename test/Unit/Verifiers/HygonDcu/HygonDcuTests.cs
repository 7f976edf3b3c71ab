using System.Text.Json.Nodes;
using Nacre.UnitTests.Verifiers.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.HygonDcu;

namespace Nacre.UnitTests.Verifiers.HygonDcu;

/// <summary>Reports of accelerators, of a machine that exists only here.</summary>
[Trait("Group", "EvidenceHygonDcu")]
public sealed class HygonDcuTests
{
    private static readonly HygonMachine s_machine = new();
    private static readonly byte[] s_userData = [1, 2, 3];

    [Fact]
    public async Task Each_report_gives_its_claims()
    {
        var verified = Assert.IsType<Verified>(await VerifyAsync(s_machine.DeviceReport(s_userData), s_machine.DeviceReport(s_userData, "TESTOTHER")));

        Assert.Equal(["dcu", "dcu"], verified.Claims.Select(claims => claims.TeeClass));
        var (claims, body) = (verified.Claims[0].Claims, verified.Claims[0].Claims["body"]!.AsObject());
        Assert.Equal(["body", "report_data"], claims.Select(claim => claim.Key));
        Assert.Equal(["version", "chip_id", "user_data", "measure", "reserved", "sig_usage", "sig_algo"], body.Select(claim => claim.Key));
        Assert.Equal("010203" + new string('0', 122), (string?)claims["report_data"]);
        Assert.Equal("1004", (string?)body["sig_usage"]);
        Assert.Equal(1u, (uint)body["version"]!);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("sig_usage")]
    [InlineData("sig_algo")]
    [InlineData("measure")]
    [InlineData("reserved")]
    public async Task A_changed_field_is_refused(string name)
    {
        var report = s_machine.DeviceReport(s_userData);
        if (report["body"]![name] is JsonArray bytes)
            bytes[5] = 1 ^ (byte)bytes[5]!;
        else
            report["body"]![name] = 7;
        Assert.Equal(["hygondcu.report.signature"], Failures(await VerifyAsync(report)));
    }

    [Fact]
    public async Task A_report_without_a_challenge_or_for_another_is_refused()
    {
        Assert.Equal(["hygondcu.user_data"], Failures(await VerifyAsync((byte[]?)null, s_machine.DeviceReport(s_userData))));
        Assert.Equal(["hygondcu.user_data"], Failures(await VerifyAsync([1, 2], s_machine.DeviceReport(s_userData))));
        Assert.Equal(["hygondcu.user_data"], Failures(await VerifyAsync(new byte[65], s_machine.DeviceReport(s_userData))));
    }

    [Fact]
    public async Task A_device_that_is_shown_twice_is_refused() => Assert.Equal(
        ["hygondcu.distinct"], Failures(await VerifyAsync(s_machine.DeviceReport(s_userData), s_machine.DeviceReport(s_userData))));

    [Fact]
    public async Task One_wrong_report_among_right_ones_is_refused() => Assert.Equal(
        ["hygondcu.user_data"], Failures(await VerifyAsync(s_machine.DeviceReport(s_userData), s_machine.DeviceReport([9], "TESTOTHER"))));

    [Fact]
    public async Task Refuses_another_root_no_certificates_and_a_chip_without_a_name()
    {
        var report = s_machine.DeviceReport(s_userData);
        Assert.Equal(["hygondcu.chain.hsk"], Failures(await VerifyAsync(new CsvOptions { Collateral = s_machine }, s_userData, report)));
        Assert.Equal(["hygondcu.chain.present"], Failures(await VerifyAsync(new CsvOptions { Root = s_machine.Root }, s_userData, report)));
        Assert.Equal(["hygondcu.chip_id"], Failures(await VerifyAsync(s_machine.DeviceReport(s_userData, "\n"))));
    }

    [Fact]
    public async Task Numbers_out_of_range_and_evidence_of_another_shape_are_refused()
    {
        var zero = s_machine.DeviceReport(s_userData);
        for (var i = 0; i < 72; i++)
            zero["sig"]!["r"]![i] = 0;
        Assert.Equal(["hygondcu.evidence.format"], Failures(await VerifyAsync(zero)));

        var longer = s_machine.DeviceReport(s_userData);
        longer["sig"]!["s"]![40] = 1;
        Assert.Equal(["hygondcu.evidence.format"], Failures(await VerifyAsync(longer)));

        var unknown = s_machine.DeviceReport(s_userData);
        unknown["more"] = 1;
        Assert.Equal(["hygondcu.evidence.format"], Failures(await VerifyAsync(unknown)));
        Assert.Equal(["hygondcu.evidence.format"], Failures(await VerifyAsync()));
    }

    private static Task<Verdict> VerifyAsync(params JsonObject[] reports) => VerifyAsync(s_userData, reports);

    private static Task<Verdict> VerifyAsync(byte[]? userData, params JsonObject[] reports) =>
        VerifyAsync(new CsvOptions { Root = s_machine.Root, Collateral = s_machine }, userData, reports);

    private static async Task<Verdict> VerifyAsync(CsvOptions options, byte[]? userData, params JsonObject[] reports) =>
        await new HygonDcuVerifier(options).VerifyAsync(
            new()
            {
                Evidence = HygonMachine.Utf8(new() { ["attestation_reports"] = new JsonArray([.. reports.Select(report => report.DeepClone())]) }),
                At = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero),
                ReportData = userData,
            },
            default);

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id).Distinct();
}
