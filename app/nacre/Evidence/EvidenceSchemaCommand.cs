using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Evidence;
using Nacre.Verifiers.Schemas;

namespace Nacre.Cli.Evidence;

/// <summary><c>nacre evidence schema TEE</c>: what a verifier says, as JSON schema.</summary>
internal static class EvidenceSchemaCommand
{
    public const string Token = "token";
    private const string All = "all";

    public static Command Create()
    {
        var of = new Argument<string>("of")
        {
            Description = "A TEE for its claims, all for the input of attestation policies, token for that of resource policies.",
        };
        var command = new Command("schema", "Print the JSON schema of claims. Example: nacre evidence schema snp") { of };
        command.SetAction(line =>
        {
            var name = line.GetRequiredValue(of);
            OutputFormat.WriteJson(name is All or Token ? Input(name) : ClaimsSchemas.For(Tee(name)));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>What a policy sees: of one TEE, of all, or a token.</summary>
    public static JsonObject Input(string of) => of switch
    {
        All => ClaimsSchemas.Input(),
        Token => ClaimsSchemas.Token(),
        _ => ClaimsSchemas.Input(Tee(of)),
    };

    private static string Tee(string name) => TeeNames.All.Contains(name) ? name : throw new CommandException(
        $"there are no claims of '{name}'", $"name one of {string.Join(", ", TeeNames.All)}, {All} or {Token}");
}
