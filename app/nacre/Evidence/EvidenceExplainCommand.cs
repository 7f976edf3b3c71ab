using System.CommandLine;
using Nacre.Verifiers;

namespace Nacre.Cli.Evidence;

/// <summary><c>nacre evidence explain FILE</c>: every check in words.</summary>
internal static class EvidenceExplainCommand
{
    public static Command Create()
    {
        var command = new Command("explain", "Say every check that is made of evidence, and what came of it.");
        var options = EvidenceOptions.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var (file, verdict) = await options.VerifyAsync(line, cancel);
            foreach (var check in verdict.Checks)
                await WriteAsync(Console.Out, check);

            await Console.Out.WriteLineAsync(verdict is Verified
                ? $"{file.Name} is genuine and bound as asked." : $"{file.Name} is not to be believed.");
            return verdict is Verified ? ExitCode.Done : ExitCode.NotVerified;
        });
        return command;
    }

    private static async Task WriteAsync(TextWriter output, Check check)
    {
        var mark = check.Outcome switch { CheckOutcome.Passed => "✓", CheckOutcome.Failed => "✗", _ => "–" };
        await output.WriteLineAsync($"{mark} {check.Subject}  ({check.Id})");
        if (check.Expected is not null)
            await output.WriteLineAsync($"    expected: {check.Expected}");
        if (check.Found is not null)
            await output.WriteLineAsync($"    found:    {check.Found}");
        if (check.Remedy is not null)
            await output.WriteLineAsync($"    do:       {check.Remedy}");
    }
}
