using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Verifiers;

namespace Nacre.Cli.Evidence;

/// <summary><c>nacre evidence verify FILE</c>: exit code 0 when the evidence is to be believed, 4 when not.</summary>
internal static class EvidenceVerifyCommand
{
    public static Command Create()
    {
        var command = new Command("verify", "Decide whether evidence is genuine, fresh and bound. Example: nacre evidence verify report.bin --collateral certs -o json");
        var options = EvidenceOptions.AddTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var (_, verdict) = await options.VerifyAsync(line, cancel);
            if (format.IsJson(line))
                OutputFormat.WriteJson(ToJson(verdict));
            else
                format.Write(line, Checks(verdict.Checks), "outcome", "id", "subject", "found");

            await WriteFailuresAsync(verdict);
            return verdict is Verified ? ExitCode.Done : ExitCode.NotVerified;
        });
        return command;
    }

    private static JsonObject ToJson(Verdict verdict)
    {
        var json = new JsonObject { ["verdict"] = verdict is Verified ? "verified" : "refused", ["checks"] = Checks(verdict.Checks) };
        if (verdict is Verified verified)
        {
            json["claims"] = new JsonArray([.. verified.Claims.Select(one => (JsonNode)new JsonObject
            {
                ["tee"] = one.Tee,
                ["class"] = one.TeeClass,
                ["claims"] = one.Claims.DeepClone(),
            })]);
        }

        return json;
    }

    private static JsonArray Checks(IReadOnlyList<Check> checks) => [.. checks.Select(check => (JsonNode)new JsonObject
    {
        ["id"] = check.Id,
        ["outcome"] = check.Outcome switch { CheckOutcome.Passed => "passed", CheckOutcome.Failed => "failed", _ => "not made" },
        ["subject"] = check.Subject,
        ["expected"] = check.Expected,
        ["found"] = check.Found,
        ["remedy"] = check.Remedy,
    })];

    private static async Task WriteFailuresAsync(Verdict verdict)
    {
        if (verdict is not Refused refused)
            return;

        foreach (var check in refused.Failures)
        {
            await Console.Error.WriteLineAsync($"nacre: not verified: {check}");
            if (check.Remedy is not null)
                await Console.Error.WriteLineAsync($"nacre: hint: {check.Remedy}");
        }
    }
}
