using Nacre.Evidence.Dcap;
using Nacre.Evidence.Snp;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.UnitTests.Evidence;

/// <summary>A parse makes its result and nothing else, however long the input is.</summary>
[Trait("Group", "Evidence")]
public sealed class ParsingAllocationTests
{
    // An object header and a memory take 32 bytes; the quote adds seven offsets and two types.
    private const int QuoteObject = 64;
    private const int ReportObject = 32;

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_quote(int version)
    {
        using var intel = new OwnIntel();
        var quote = new OwnQuote(version).Sign(intel);
        RequireAllocated(QuoteObject, () => DcapQuote.Parse(quote));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_report_of_SNP(byte version)
    {
        var report = new byte[SnpReport.Size];
        report[0] = version;
        RequireAllocated(ReportObject, () => SnpReport.Parse(report));
    }

    private static void RequireAllocated(long bytes, Func<object> parse)
    {
        const int Count = 100;
        parse();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Count; i++)
            parse();

        Assert.Equal(bytes, (GC.GetAllocatedBytesForCurrentThread() - before) / Count);
    }
}
