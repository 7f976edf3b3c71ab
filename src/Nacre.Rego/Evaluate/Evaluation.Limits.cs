using System.Diagnostics;
using System.Text;
using Nacre.Rego.Json;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Evaluate;

internal sealed partial class Evaluation
{
    private const int BytesPerElement = 16;

    /// <summary>Counts one unit of work; now and then looks at the clock.</summary>
    public void Step()
    {
        if ((++_steps & StepsBetweenLooks) == 0)
            Look();
    }

    /// <summary>Counts work that a builtin is about to do in one go.</summary>
    public void Steps(long count)
    {
        _steps += count;
        Look();
    }

    /// <summary>Counts elements of collections made.</summary>
    public void Charge(int elements)
    {
        _charged += (elements + 1) * (long)BytesPerElement;
        if (_charged > _limits.MaxResultBytes)
            throw Limit(RegoErrorCode.LimitResult, $"more than {_limits.MaxResultBytes} bytes of results were made");
    }

    public void ChargeText(long characters)
    {
        _charged += characters * 2;
        if (_charged > _limits.MaxResultBytes)
            throw Limit(RegoErrorCode.LimitResult, $"more than {_limits.MaxResultBytes} bytes of results were made");
    }

    /// <summary>Time that is left.</summary>
    public TimeSpan Left => TimeSpan.FromSeconds(Math.Max(0.001, (_deadline - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency));

    public void Look()
    {
        _cancel.ThrowIfCancellationRequested();
        if (_steps > _limits.MaxSteps)
            throw Limit(RegoErrorCode.LimitSteps, $"the evaluation took more than {_limits.MaxSteps} steps");
        if (Stopwatch.GetTimestamp() > _deadline)
            throw Limit(RegoErrorCode.LimitDeadline, $"the evaluation took longer than {_limits.Deadline}");
    }

    private static RegoException Limit(string code, string message) => new(new RegoError(code, "", 0, 0, "", message));

    private static string PrintText(Place place, RegoValue?[] values)
    {
        var text = new StringBuilder(place.Source.Name).Append(':').Append(place.Line).Append(':');
        foreach (var value in values)
        {
            text.Append(' ');
            if (value is RegoString s)
                text.Append(s.Value);
            else if (value is null)
                text.Append("<undefined>");
            else
                TermText.Append(text, value);
        }

        return text.ToString();
    }
}
