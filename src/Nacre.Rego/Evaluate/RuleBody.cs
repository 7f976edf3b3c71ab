using Nacre.Rego.Syntax;

namespace Nacre.Rego.Evaluate;

/// <summary>One rule compiled, with the <c>else</c> that follows it.</summary>
internal sealed class RuleBody(Place place, int frameSize, Node body)
{
    public Place Place { get; } = place;

    public int FrameSize { get; } = frameSize;

    public Node Body { get; } = body;

    public RuleBody? Else { get; set; }

    /// <summary>Nothing after this rule can give a different value.</summary>
    public bool EndsSearch { get; set; }

    /// <summary>Equalities with constants that must hold, in order of the body.</summary>
    public List<IndexKey> IndexKeys { get; } = [];

    /// <summary>The value, or null if there is none. Rules that collect return null and fill <see cref="Evaluation.Collected"/>.</summary>
    public RegoValue? Run(Evaluation e, ReadOnlySpan<RegoValue> arguments)
    {
        for (var rule = this; rule is not null; rule = rule.Else)
        {
            var frame = e.EnterFrame(rule.FrameSize, arguments);
            var result = e.Result;
            e.Result = null;
            rule.Body.Run(e);
            var value = e.Result;
            e.Result = result;
            e.LeaveFrame(frame);
            if (value is not null)
                return value;
        }

        return null;
    }
}

/// <summary>A rule can hold only if the value at a path of the input, or of an argument, equals a constant.</summary>
/// <param name="Argument">Number of the argument; -1 for the input.</param>
/// <param name="Path">Below it.</param>
/// <param name="Constant">What it must equal.</param>
internal sealed record IndexKey(int Argument, RegoValue[] Path, RegoValue Constant)
{
    public string Place => Argument + "/" + string.Join('/', Path.Select(key => key.ToString()));
}
