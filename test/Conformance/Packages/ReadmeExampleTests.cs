using System.Runtime.CompilerServices;
using System.Text;
using Nacre.ConformanceTests.Evidence;
using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.EventLogs;
using Nacre.Formats.Json;
using Nacre.Rego;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral.Amd;
using Nacre.Verifiers.Snp;

namespace Nacre.ConformanceTests.Packages;

/// <summary>The examples in the README of each package: they stand here line for line, and run.</summary>
[Trait("Group", "Packages")]
public sealed class ReadmeExampleTests
{
    [Theory]
    [InlineData("Nacre.Formats")]
    [InlineData("Nacre.Evidence")]
    [InlineData("Nacre.Verifiers")]
    [InlineData("Nacre.Rego")]
    public void The_example_of_the_README_stands_here(string package)
    {
        var here = Here();
        var readme = Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "src", package, "README.md");
        var example = Joined(readme, line => line.StartsWith("    ", StringComparison.Ordinal));
        Assert.InRange(example.Split('\n').Length, 5, 14);
        Assert.Contains(example, Joined(here, line => line.Length > 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Formats()
    {
        byte[] bytes = [0, 3, .. "Ada"u8];
        var text = "{\"b\":[true],\"a\":1}"u8.ToArray();

        var reader = new StructReader("greeting", bytes);
        var size = reader.UInt16BE("size");
        var name = Encoding.UTF8.GetString(reader.Bytes(size, "name"));
        reader.End();

        using var json = StrictJson.Parse(text, "example", maxBytes: 1024);
        var canonical = CanonicalJson.Write(json.RootElement);
        Console.WriteLine($"{name}: {Encoding.UTF8.GetString(canonical)}");

        Assert.Equal(("Ada", """{"a":1,"b":[true]}"""), (name, Encoding.UTF8.GetString(canonical)));
    }

    [Fact]
    public void Evidence()
    {
        var (reportFile, logFile) = (SharedVectors.Path("snp/reports/trustee_test-report.bin"), SharedVectors.Path("eventlog/ccel/trustee_CCEL_data"));

        var report = SnpReport.Parse(File.ReadAllBytes(reportFile));
        Console.WriteLine(Convert.ToHexStringLower(report.Measurement));

        var log = TcgEventLog.Parse(File.ReadAllBytes(logFile));
        foreach (var (register, value) in EventLogReplay.Compute(log, EventLogHash.Sha384))
            Console.WriteLine($"{register}: {Convert.ToHexStringLower(value)}");

        Assert.NotEmpty(log.Events);
        Assert.Equal(48, report.Measurement.Length);
    }

    [Fact]
    public async Task Verifiers()
    {
        var json = SharedVectors.Read("snp/coco-evidence/milan_v3.json");
        var expected = SnpEvidence.Parse(json).Report.ReportData.ToArray();
        var certificates = Path.GetDirectoryName(SharedVectors.Path("snp/certs/trustee_test-vcek.der"))!;
        var clock = new Stopped();
        var cancel = TestContext.Current.CancellationToken;

        var verifier = new SnpVerifier(new() { Collateral = new AmdFileCollateral(certificates) });
        var verdict = await verifier.VerifyAsync(new()
        {
            Evidence = json,
            At = clock.GetUtcNow(),
            ReportData = expected,
        }, cancel);
        if (verdict is Verified { Claims: [{ Typed: SnpClaims snp }, ..] } && snp.ReportedTcb.Snp >= 8)
            Console.WriteLine(Convert.ToHexStringLower(snp.Measurement));
        foreach (var check in verdict.Checks)
            Console.WriteLine($"{check.Outcome} {check}");

        Assert.IsType<Verified>(verdict);
    }

    [Fact]
    public void Rego()
    {
        var (text, json) = ("package policy\nallow if input.svn >= 3\n", """{"svn":2}""");

        var program = RegoProgram.Compile([new RegoSource("policy.rego", text)]);
        var query = program.Prepare("data.policy.allow");
        var input = new RegoInput { Input = RegoValue.Parse(json) };

        if (query.EvaluateValue(input) is not RegoBool { Value: true })
        {
            var why = query.Explain(input);
            Console.WriteLine(why.Summary);
        }

        Assert.Contains("input.svn >= 3", query.Explain(input).Summary, StringComparison.Ordinal);
    }

    private static string Joined(string file, Func<string, bool> isWanted) =>
        string.Join('\n', File.ReadLines(file).Where(isWanted).Select(line => line.Trim()));

    private static string Here([CallerFilePath] string here = "") => here;

    private sealed class Stopped : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
