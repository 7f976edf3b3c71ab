using System.Runtime.CompilerServices;
using Nacre.Attestation.Policies;
using Nacre.KeyBroker.Resources;
using Nacre.Rego;

namespace Nacre.UnitTests.Attestation;

/// <summary>
/// The tests that lie beside the default policies and the samples, as <c>nacre policy test</c> runs them; and that no claim in them is misspelt.
/// </summary>
[Trait("Group", "TrustPolicies")]
public sealed class PolicyFileTests
{
    public static TheoryData<string> Defaults { get; } = [.. DefaultPolicies.All.Select(policy => policy.Id)];

    public static TheoryData<string> Samples { get; } =
        [.. Directory.GetDirectories(Path.Combine(Root(), "samples", "policies")).Select(folder => Path.GetFileName(folder)).Order()];

    [Theory]
    [MemberData(nameof(Defaults))]
    public void The_tests_of_a_default_policy_pass(string id)
    {
        var folder = Path.Combine(Root(), "src", "Nacre.Attestation", "Policies");
        RunTests(Path.Combine(folder, $"{id}.rego"), Path.Combine(folder, $"{id}_test.rego"), least: 3);
        Assert.Empty(AttestationPolicy.Compile(DefaultPolicies.All.Single(policy => policy.Id == id)).Warnings());
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_tests_of_a_sample_pass_and_its_claims_exist(string name)
    {
        var folder = Path.Combine(Root(), "samples", "policies", name);
        RunTests(Path.Combine(folder, "policy.rego"), Path.Combine(folder, "policy_test.rego"), least: 3);

        var document = new PolicyDocument(name, File.ReadAllText(Path.Combine(folder, "policy.rego")));
        var isRelease = document.Text.Contains("\nallow if", StringComparison.Ordinal);
        Assert.Empty(isRelease ? ReleasePolicy.Compile(document).Warnings() : AttestationPolicy.Compile(document).Warnings());
        Assert.Contains($"({name}/policy.rego) | {(isRelease ? "resource" : "attestation")} |", ReadTable(), StringComparison.Ordinal);
    }

    private static string ReadTable() => File.ReadAllText(Path.Combine(Root(), "samples", "policies", "README.md"));

    private static void RunTests(string policy, string tests, int least)
    {
        var sources = ((string[])[policy, tests]).Select(file => new RegoSource(Path.GetFileName(file), File.ReadAllText(file)));
        var program = RegoProgram.Compile([.. sources], new() { HostBuiltins = [ReferenceQuery.Empty] });
        var names = program.RuleNames.Where(name => name.StartsWith("data.policy_test.test_", StringComparison.Ordinal)).ToList();
        Assert.True(names.Count >= least, $"{tests} has {names.Count} tests");
        foreach (var name in names)
        {
            var query = program.Prepare(name);
            Assert.True(query.EvaluateValue(new()) is RegoBool { Value: true }, $"{name}: {query.Explain(new()).Summary}");
        }
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
