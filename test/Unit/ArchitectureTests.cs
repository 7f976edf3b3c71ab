using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Nacre.UnitTests;

/// <summary>Holds the floors of docs/architecture.md. To widen a line here is a design decision: say why in an ADR.</summary>
[Trait("Group", "Architecture")]
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> s_mayReferTo = new()
    {
        ["Nacre.Formats"] = [],
        ["Nacre.Linux"] = [],
        ["Nacre.Rpc"] = [],
        ["Nacre.Rego"] = [],
        ["Nacre.Evidence"] = ["Nacre.Formats"],
        ["Nacre.Verifiers"] = ["Nacre.Evidence"],
        ["Nacre.Attesters"] = ["Nacre.Evidence", "Nacre.Linux"],
        ["Nacre.Client"] = ["Nacre.Evidence"],
        ["Nacre.Storage"] = ["Nacre.Formats", "Nacre.Linux"],
        ["Nacre.Images"] = ["Nacre.Evidence", "Nacre.Linux", "Nacre.Rpc"],
        ["Nacre.Attestation"] = ["Nacre.Rego", "Nacre.Rpc", "Nacre.Storage", "Nacre.Verifiers"],
        ["Nacre.KeyBroker"] = ["Nacre.Attestation", "Nacre.Linux"],
        ["Nacre.Guest"] = ["Nacre.Attesters", "Nacre.Client", "Nacre.Images"],
    };

    [Fact]
    public void Every_project_refers_to_exactly_what_it_may()
    {
        var actual = SourceFiles("*.csproj").ToDictionary(
            file => Path.GetFileNameWithoutExtension(file),
            file => XDocument.Load(file).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).Order().ToArray());

        Assert.Equivalent(s_mayReferTo, actual, strict: true);
    }

    [Fact]
    public void HttpContext_stays_in_endpoint_files()
    {
        var elsewhere = SourceFiles("*.cs")
            .Where(file => !file.EndsWith("Endpoints.cs", StringComparison.Ordinal) && !file.Contains("Nacre.Rpc", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file).Contains("HttpContext", StringComparison.Ordinal));

        Assert.Empty(elsewhere);
    }

    [Fact]
    public void No_source_file_is_longer_than_500_lines() =>
        Assert.DoesNotContain(SourceFiles("*.cs"), file => File.ReadLines(file).Count() > 500);

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        string[] banned = ["Manager.cs", "Helper.cs", "Helpers.cs", "Util.cs", "Utils.cs", "Common.cs", "Processor.cs"];

        Assert.DoesNotContain(SourceFiles("*.cs"), file => banned.Any(name => file.EndsWith(name, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> SourceFiles(string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root(), "src"), pattern, SearchOption.AllDirectories);

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
