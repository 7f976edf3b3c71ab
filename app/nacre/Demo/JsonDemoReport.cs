using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Demo;

/// <summary>One JSON object a line for each step, and a last one for the whole.</summary>
internal sealed class JsonDemoReport(TextWriter output) : IDemoReport
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<string> RunAsync(int number, int count, DemoStep step, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var proven = await step.RunAsync(cancel);
            Write(number, step, ok: true, start, ("proven", proven));
            return proven;
        }
        catch (Exception e)
        {
            Write(number, step, ok: false, start, ("error", e.Message));
            throw;
        }
    }

    public void End(DemoOutcome outcome)
    {
        var line = new JsonObject { ["ok"] = outcome.Ok, ["steps"] = outcome.Steps, ["seconds"] = Seconds(outcome.Elapsed) };
        if (outcome.Error is not null)
            line["error"] = outcome.Error;
        if (outcome.Remedy is not null)
            line["remedy"] = outcome.Remedy;
        output.WriteLine(line.ToJsonString(s_options));
    }

    private void Write(int number, DemoStep step, bool ok, long start, (string Name, string Value) result) =>
        output.WriteLine(new JsonObject
        {
            ["step"] = number,
            ["title"] = step.Title,
            ["ok"] = ok,
            ["seconds"] = Seconds(Stopwatch.GetElapsedTime(start)),
            [result.Name] = result.Value,
        }.ToJsonString(s_options));

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}
