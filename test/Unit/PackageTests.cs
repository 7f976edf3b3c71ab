using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Nacre.UnitTests;

/// <summary>Which projects are packages, and that each is one that can be used by itself.</summary>
[Trait("Group", "Architecture")]
public sealed class PackageTests
{
    private static readonly string[] s_packages = ["Nacre.Evidence", "Nacre.Formats", "Nacre.Rego", "Nacre.Verifiers"];

    [Fact]
    public void Exactly_these_projects_are_packages()
    {
        var packable = Directory.EnumerateFiles(Root(), "*.csproj", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}artifacts{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => Property(file, "IsPackable") == "true").Select(Path.GetFileNameWithoutExtension);

        Assert.Equal("false", Property(Path.Combine(Root(), "Directory.Build.props"), "IsPackable"));
        Assert.Equal(s_packages, packable.Order());
    }

    public static TheoryData<string> Packages() => [.. s_packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_says_what_it_is_and_needs_only_packages(string name)
    {
        var folder = Path.Combine(Root(), "src", name);
        var file = Path.Combine(folder, $"{name}.csproj");
        Assert.Equal(name, Property(file, "PackageId"));
        Assert.NotEmpty(Property(file, "PackageTags")!);
        Assert.True(Property(file, "Description")!.Length > 40);
        Assert.StartsWith($"# {name}\n", File.ReadAllText(Path.Combine(folder, "README.md")), StringComparison.Ordinal);

        var project = XDocument.Load(file);
        Assert.Empty(project.Descendants("FrameworkReference"));
        Assert.All(
            project.Descendants("ProjectReference"),
            reference => Assert.Contains(Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value), s_packages));
    }

    [Fact]
    public void All_packages_have_the_licence_the_README_and_the_analysis_for_AOT()
    {
        var props = Path.Combine(Root(), "Directory.Build.props");
        Assert.Equal("Apache-2.0", Property(props, "PackageLicenseExpression"));
        Assert.Equal("true", Property(props, "IsAotCompatible"));
        Assert.Equal("true", Property(props, "TreatWarningsAsErrors"));
        Assert.Equal("README.md", Property(Path.Combine(Root(), "Directory.Build.targets"), "PackageReadmeFile"));
    }

    private static string? Property(string file, string name) => XDocument.Load(file).Descendants(name).SingleOrDefault()?.Value;

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
