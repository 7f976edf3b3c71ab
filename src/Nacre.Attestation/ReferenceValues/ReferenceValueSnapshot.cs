using System.Collections.Concurrent;
using System.Collections.Frozen;
using Nacre.Evidence.Protocol;
using Nacre.Rego;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>All reference values at one moment; immutable. Values are turned into the policy language's form once.</summary>
public sealed class ReferenceValueSnapshot
{
    private readonly FrozenDictionary<string, ReferenceValue> _values;
    private readonly ConcurrentDictionary<string, RegoValue> _rego = [];

    private readonly ConcurrentDictionary<string, bool>? _unknown;

    internal ReferenceValueSnapshot(FrozenDictionary<string, ReferenceValue> values) => _values = values;

    private ReferenceValueSnapshot(FrozenDictionary<string, ReferenceValue> values, ConcurrentDictionary<string, bool> unknown) =>
        (_values, _unknown) = (values, unknown);

    /// <summary>Names that were asked for and of which it cannot say whether there is a value.</summary>
    internal IReadOnlyCollection<string> Unknown => _unknown is null ? [] : [.. _unknown.Keys];

    public IEnumerable<ReferenceValue> All => _values.Values.OrderBy(value => value.Name, StringComparer.Ordinal);

    /// <summary>Knows the names that are in it and no others; <see cref="ReferenceValue.Absent"/> says that there is no value.</summary>
    internal static ReferenceValueSnapshot Partial(FrozenDictionary<string, ReferenceValue> values) => new(values, []);

    /// <summary>Null when there is none of that name, or it has expired.</summary>
    public ReferenceValue? Find(string name, DateTimeOffset at)
    {
        if (_values.TryGetValue(name, out var value))
            return at < value.Expiration ? value : null;

        _unknown?.TryAdd(name, true);
        return null;
    }

    /// <summary>How many count, how many of these end within <see cref="ReferenceValue.Notice"/>, and how many have ended.</summary>
    public (int Active, int Expiring, int Expired) CountAt(DateTimeOffset at)
    {
        var active = _values.Values.Where(value => at < value.Expiration).ToList();
        return (active.Count, active.Count(value => value.Expiration <= at + ReferenceValue.Notice), _values.Count - active.Count);
    }

    /// <summary>What <c>query_reference_value</c> answers: JSON null for a name that is unknown or expired, so that rules over it fail.</summary>
    internal RegoValue Query(string name, DateTimeOffset at) =>
        Find(name, at) is { Value: { } value } ? _rego.GetOrAdd(name, _ => RegoValue.Parse(JsonText.Utf8(value))) : s_null;

    private static readonly RegoValue s_null = RegoValue.Parse("null");
}
