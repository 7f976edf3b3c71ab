using System.Text.Json.Nodes;

namespace Nacre.EndToEndTests.Cli;

/// <summary><c>nacre policy check --schema</c> and <c>nacre evidence schema</c>.</summary>
[Trait("Group", "Cli")]
public sealed class PolicyCheckTests : IDisposable
{
    private readonly string _policy = Path.Combine(Directory.CreateTempSubdirectory("nacre-check-").FullName, "policy.rego");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_policy)!, recursive: true);

    [Fact]
    public async Task A_misspelt_claim_is_named_with_the_nearest()
    {
        await File.WriteAllTextAsync(
            _policy, "package policy\n\nhardware := 2 if input.az_snp_vtpm.measurement in query_reference_value(\"m\")\n");

        var result = await NacreProgram.RunAsync(["policy", "check", "--schema", "tee:all", _policy]);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"{_policy}:3:18: `input.az_snp_vtpm`: no such claim, did you mean `az-snp-vtpm`", result.Output.Trim());

        // Without a schema there is nothing to hold it against.
        Assert.Equal(0, (await NacreProgram.RunAsync(["policy", "check", _policy])).ExitCode);
    }

    [Fact]
    public async Task A_schema_of_one_TEE_knows_no_other()
    {
        await File.WriteAllTextAsync(_policy, "package policy\n\nallow if input.snp.vmpl == 0\n");

        Assert.Equal(0, (await NacreProgram.RunAsync(["policy", "check", "--schema", "tee:snp", _policy])).ExitCode);
        Assert.Equal(1, (await NacreProgram.RunAsync(["policy", "check", "--schema", "tee:tdx", _policy])).ExitCode);
        (await NacreProgram.RunAsync(["policy", "check", "--schema", "tee:no-such-tee", _policy])).AssertFailed(1, "no claims of 'no-such-tee'");
    }

    [Fact]
    public async Task A_printed_schema_can_be_given_as_a_file()
    {
        var schema = Path.ChangeExtension(_policy, ".schema");
        var printed = await NacreProgram.RunAsync(["evidence", "schema", "token"]);
        Assert.Equal("object", (string?)JsonNode.Parse(printed.Output)!["type"]);
        await File.WriteAllTextAsync(schema, printed.Output);
        await File.WriteAllTextAsync(_policy, "package policy\n\nallow if input.submods.cpu0[\"ear.status\"] == \"affirming\"\n");

        Assert.Equal(0, (await NacreProgram.RunAsync(["policy", "check", "--schema", schema, _policy])).ExitCode);
        Assert.Equal(0, (await NacreProgram.RunAsync(["policy", "check", "--schema", "token", _policy])).ExitCode);
        var claims = JsonNode.Parse((await NacreProgram.RunAsync(["evidence", "schema", "snp"])).Output)!;
        Assert.Equal("http://json-schema.org/draft-07/schema#", (string?)claims["$schema"]);
        Assert.Equal("^[0-9a-f]{96}$", (string?)claims["properties"]!["measurement"]!["pattern"]);
    }
}
