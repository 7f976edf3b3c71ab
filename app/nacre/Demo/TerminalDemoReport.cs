using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Nacre.Cli.Demo;

/// <summary>Numbered lines with a spinner while a step runs; without a terminal, the same lines and no spinner.</summary>
internal sealed class TerminalDemoReport : IDemoReport
{
    private readonly IAnsiConsole _console;

    public TerminalDemoReport()
    {
        // Into a file or a pipe: no colours, no spinner, and lines are not broken.
        var redirected = Console.IsOutputRedirected;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
            _console.Profile.Width = 4096;
    }

    public async Task<string> RunAsync(int number, int count, DemoStep step, CancellationToken cancel)
    {
        var title = Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{number,2}/{count} {step.Title}"));
        var start = Stopwatch.GetTimestamp();
        try
        {
            var proven = _console.Profile.Capabilities.Interactive
                ? await _console.Status().Spinner(Spinner.Known.Dots).StartAsync(title, _ => step.RunAsync(cancel))
                : await step.RunAsync(cancel);
            Line("[green]✓[/]", title, start, proven);
            return proven;
        }
        catch (Exception e)
        {
            Line("[red]✗[/]", title, start, e.Message);
            throw;
        }
    }

    public void End(DemoOutcome outcome)
    {
        var seconds = outcome.Elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
        _console.WriteLine();
        if (outcome.Ok)
        {
            _console.MarkupLine($"[green]✓[/] all {outcome.Steps} steps hold, {seconds} s");
            return;
        }

        _console.MarkupLine($"[red]✗[/] {Markup.Escape(outcome.Error ?? "a step did not hold")} ({seconds} s)");
        if (outcome.Remedy is not null)
            _console.MarkupLine($"  {Markup.Escape(outcome.Remedy)}");
    }

    private void Line(string mark, string title, long start, string result)
    {
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds.ToString("F2", CultureInfo.InvariantCulture);
        _console.MarkupLine($"{mark} {title} [grey]{seconds} s[/]");
        foreach (var line in result.Split('\n'))
            _console.MarkupLine($"        [grey]{Markup.Escape(line)}[/]");
    }
}
