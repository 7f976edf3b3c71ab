using System.CommandLine;

namespace Nacre.Cli.Demo;

/// <summary><c>nacre demo</c>: the whole chain on this machine, and four attempts that must fail.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a line for each step, and a last one for the whole." };
        var keep = new Option<bool>("--keep") { Description = "Leave everything running and print how to go on by hand." };
        var stop = new Option<bool>("--stop") { Description = "Stop what an earlier --keep left running." };
        var command = new Command("demo", "The whole chain on this machine: TPM, key broker, registry, encrypted and signed image, four refusals.") { json, keep, stop };
        command.SetAction((line, cancel) => line.GetValue(stop)
            ? Task.FromResult(KeptDemo.Stop(Console.Out))
            : RunAsync(line.GetValue(json) ? new JsonDemoReport(Console.Out) : new TerminalDemoReport(), line.GetValue(keep), cancel));
        return command;
    }

    private static async Task<int> RunAsync(IDemoReport report, bool keep, CancellationToken cancel)
    {
        await using var scene = DemoScene.Create(keep);
        var outcome = await DemoRunner.RunAsync(DemoSteps.All(scene), report, cancel);
        report.End(outcome);

        // A demo that failed is kept as well when asked for: that is when somebody wants to look.
        scene.Keep = keep && scene.IsUp && !cancel.IsCancellationRequested;
        if (scene.Keep)
            KeptDemo.Remember(scene, Console.Error);
        return outcome.Ok ? ExitCode.Done : cancel.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Local;
    }
}
