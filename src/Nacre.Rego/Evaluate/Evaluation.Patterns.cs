using System.Text.RegularExpressions;
using Nacre.Rego.Builtins;

namespace Nacre.Rego.Evaluate;

internal sealed partial class Evaluation
{
    private const int MaxPatterns = 200;
    private static readonly TimeSpan s_patternTimeout = TimeSpan.FromSeconds(2);

    // Kept from one evaluation to the next: a policy's patterns seldom change.
    private readonly Dictionary<string, Regex> _patterns = [];

    public Regex Pattern(string pattern) => Pattern("re2:" + pattern, pattern, Re2.Compile);

    public Regex Pattern(string key, string pattern, Func<string, TimeSpan, Regex> compile)
    {
        if (_patterns.TryGetValue(key, out var known))
            return known;

        if (_patterns.Count >= MaxPatterns)
            _patterns.Clear();
        var made = compile(pattern, s_patternTimeout);
        _patterns.Add(key, made);
        return made;
    }
}
