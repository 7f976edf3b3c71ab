using System.Text.Json;

namespace Nacre.ConformanceTests.Rego;

/// <summary>
/// Every case of the language's suites, one test each. What is known to fail stands in <c>known-issues.json</c> with its reason;
/// a case that passes although it is listed fails too.
/// </summary>
[Trait("Group", "RegoConformance")]
public sealed class RegoConformanceTests(RegoConformanceTable table) : IClassFixture<RegoConformanceTable>
{
    private static readonly Lazy<Dictionary<string, string>> s_known = new(ReadKnown);

    public static TheoryData<string> Cases => [.. RegoCaseFiles.All.Keys];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = false)]
    public void Case(string id)
    {
        var one = RegoCaseFiles.All[id];
        var problem = RegoCaseRunner.Run(one);
        var isKnown = s_known.Value.TryGetValue(id, out var reason);
        table.Count(one.Category, problem is null);

        if (isKnown)
            Assert.True(problem is not null, $"is listed as failing ({reason}), and passes: take it off the list");
        else
            Assert.True(problem is null, problem);
    }

    [Fact]
    public void There_are_cases() => Assert.True(RegoCaseFiles.All.Count > 0, $"no cases in {RegoCaseFiles.Folder}");

    private static Dictionary<string, string> ReadKnown()
    {
        using var stream = typeof(RegoConformanceTests).Assembly.GetManifestResourceStream("rego-known-issues.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateArray().ToDictionary(
            issue => issue.GetProperty("case").GetString()!, issue => issue.GetProperty("reason").GetString()!);
    }
}
