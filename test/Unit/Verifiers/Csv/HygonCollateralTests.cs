using Nacre.UnitTests.Verifiers.Collateral;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Hygon;
using Nacre.Verifiers.Csv;

namespace Nacre.UnitTests.Verifiers.Csv;

/// <summary>The certificates of a chip from a service that may be right, wrong or gone, through the cache on disk.</summary>
[Trait("Group", "EvidenceCsv")]
public sealed class HygonCollateralTests : IAsyncDisposable
{
    private const string ServicePath = "/hsk_cek";

    private static readonly HygonMachine s_machine = new();

    private readonly StandInService _service = new();
    private readonly HandClock _clock = new(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly HttpClient _client = CollateralHttp.CreateClient();
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-collateral-").FullName;

    [Fact]
    public async Task Asks_by_the_serial_number_and_keeps_the_answer_where_files_are_read()
    {
        _service.Serve(ServicePath, s_machine.Chain.ToBytes());
        await using (var cache = Cache())
        {
            Assert.IsType<Verified>(await VerifyAsync(Source(cache)));
            Assert.IsType<Verified>(await VerifyAsync(Source(cache)));
        }

        Assert.Equal([$"{ServicePath}?snumber={HygonMachine.SerialNumber}"], _service.Asked);
        Assert.IsType<Verified>(await VerifyAsync(new HygonFileCollateral(Path.Combine(_folder, "hygon"))));
    }

    [Fact]
    public async Task What_does_not_lead_to_the_root_is_not_kept()
    {
        _service.Serve(ServicePath, new HygonMachine().Chain.ToBytes());
        await using var cache = Cache();
        var failure = Assert.Single(Assert.IsType<Refused>(await VerifyAsync(Source(cache))).Failures);
        Assert.Equal("csv.chain.present", failure.Id);
        Assert.Contains("root", failure.Found, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.cert", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Without_an_answer_the_evidence_is_refused(int status)
    {
        _service.Refuse(ServicePath, status);
        await using var cache = Cache();
        var source = new HygonKeyDistribution(new(_client, TimeProvider.System) { Deadline = TimeSpan.FromSeconds(2) }, _service.Url);
        Assert.Equal(["csv.chain.present"], Assert.IsType<Refused>(await VerifyAsync(source)).Failures.Select(check => check.Id));
    }

    [Fact]
    public async Task An_answer_of_another_length_is_refused()
    {
        _service.Serve(ServicePath, s_machine.Chain.ToBytes()[1..]);
        var source = new HygonKeyDistribution(new(_client, _clock), _service.Url);
        await Assert.ThrowsAsync<CollateralUnavailableException>(async () => await source.FindChainAsync(HygonMachine.SerialNumber, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a&b=c")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_serial_number_that_is_none_goes_nowhere(string serialNumber)
    {
        await using var cache = Cache();
        Assert.Null(await Source(cache).FindChainAsync(serialNumber, default));
        Assert.Null(await new HygonKeyDistribution(new(_client, _clock), _service.Url).FindChainAsync(serialNumber, default));
        Assert.Null(await new HygonFileCollateral(_folder).FindChainAsync(serialNumber, default));
        Assert.Empty(_service.Asked);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private CollateralCache Cache() => new(_folder, _clock);

    private HygonDiskCache Source(CollateralCache cache) =>
        new(new HygonKeyDistribution(new(_client, _clock), _service.Url), cache) { Root = s_machine.Root };

    private async Task<Verdict> VerifyAsync(IHygonCollateral collateral) =>
        await new CsvVerifier(new() { Root = s_machine.Root, Collateral = collateral }).VerifyReportAsync(
            s_machine.Report([7]), isExtended: true, chain: null, new() { Evidence = default, At = _clock.GetUtcNow(), ReportData = [7] }, default);
}
