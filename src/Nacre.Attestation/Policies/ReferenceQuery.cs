using Nacre.Attestation.ReferenceValues;
using Nacre.Rego;

namespace Nacre.Attestation.Policies;

/// <summary>
/// The function <c>query_reference_value(name)</c> that attestation policies call. It answers from one snapshot and remembers what was asked,
/// so that a refusal can name the values that were expected.
/// </summary>
public sealed class ReferenceQuery(ReferenceValueSnapshot snapshot, DateTimeOffset at)
{
    private readonly List<string> _asked = [];

    /// <summary>The names asked for, in order, each once.</summary>
    public IReadOnlyList<string> Asked => _asked;

    public ReferenceValue? Find(string name) => snapshot.Find(name, at);

    /// <summary>The function itself. An evaluation hands it a <see cref="ReferenceQuery"/> as its state.</summary>
    public static HostBuiltin Builtin { get; } = new("query_reference_value", 1, IsPure: true, call =>
        call.Arguments[0] is RegoString name
            ? ((ReferenceQuery)call.State!).Query(name.Value)
            : throw new RegoBuiltinException("query_reference_value takes one string, the name of a reference value"));

    /// <summary>The function where there are no reference values: a test of a policy puts its own in its place, by <c>with</c>.</summary>
    public static HostBuiltin Empty { get; } = new("query_reference_value", 1, IsPure: true, _ => s_null);

    private static readonly RegoValue s_null = RegoValue.Parse("null");

    private RegoValue Query(string name)
    {
        if (!_asked.Contains(name))
            _asked.Add(name);
        return snapshot.Query(name, at);
    }
}
