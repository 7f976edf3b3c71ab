using System.Text.Json.Nodes;

namespace Nacre.Attestation.Appraisal;

public enum TrustTier
{
    None,
    Affirming,
    Warning,
    Contraindicated,
}

/// <summary>The eight trust claims of AR4SI, signed 8-bit each (trust.md 3.5).</summary>
public sealed class TrustVector
{
    private static readonly string[] s_names =
    [
        "instance-identity", "configuration", "executables", "file-system", "hardware", "runtime-opaque", "storage-opaque", "sourced-data",
    ];

    private readonly sbyte[] _values;

    private TrustVector(sbyte[] values) => _values = values;

    /// <summary>The claims by their names in the token, in the order of AR4SI.</summary>
    public static IReadOnlyList<string> Names => s_names;

    public IEnumerable<(string Name, int Value)> Claims => Names.Select((name, index) => (name, (int)_values[index]));

    /// <summary>The worst tier of the eight.</summary>
    public TrustTier Status => _values.Max(value => TierOf(value));

    /// <summary>From what a policy gave; null when a name is unknown, a value does not fit into eight bits, or there is none at all.</summary>
    public static TrustVector? TryCreate(IReadOnlyDictionary<string, long> claims)
    {
        var values = new sbyte[Names.Count];
        foreach (var (name, value) in claims)
        {
            var index = Array.IndexOf(s_names, name);
            if (index < 0 || value is < sbyte.MinValue or > sbyte.MaxValue)
                return null;
            values[index] = (sbyte)value;
        }

        return claims.Count == 0 ? null : new TrustVector(values);
    }

    /// <summary>
    /// Claim by claim the worst of several: the worse tier, in it the value farther from 0, and of equal ones the first. A claim of which a vector
    /// asserts nothing is left to the others.
    /// </summary>
    /// <param name="vectors">At least one.</param>
    public static TrustVector Worst(IReadOnlyList<TrustVector> vectors) => vectors.Count == 1 ? vectors[0]
        : new([.. Enumerable.Range(0, Names.Count).Select(
            index => vectors.Select(vector => vector._values[index]).MaxBy(value => (TierOf(value), Math.Abs((int)value))))]);

    /// <summary>The tiers and their bounds, in the order in which they are looked at.</summary>
    public static TrustTier TierOf(int value) => value switch
    {
        >= -1 and <= 1 => TrustTier.None,
        >= -32 and <= 31 => TrustTier.Affirming,
        >= -96 and <= 95 => TrustTier.Warning,
        _ => TrustTier.Contraindicated,
    };

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (name, value) in Claims)
            json[name] = value;
        return json;
    }
}
