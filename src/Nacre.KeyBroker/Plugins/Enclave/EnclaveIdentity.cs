using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Verifiers.Schemas;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>
/// One program that gets a secret, known by verified claims of its TEE: <c>{"tee":"sgx","mrsigner":"…","isvprodid":1,"min_isvsvn":3}</c>,
/// or <c>{"tee":"tpm","claims":{"/tpm/pcr08":"…"}}</c>. All members must hold. A program that its host may debug is none of them unless
/// <c>allow_debug</c> is true.
/// </summary>
public sealed class EnclaveIdentity
{
    private const int MaxClaims = 32;

    private readonly IdentityRules _rules;
    private readonly bool _allowDebug;
    private readonly List<(string Name, ClaimTest Test, JsonNode Expected)> _tests = [];
    private readonly List<(string Pointer, string[] Parts, JsonNode Expected)> _claims = [];
    private readonly JsonObject _json;

    private EnclaveIdentity(string tee, IdentityRules rules, JsonFields fields)
    {
        (Tee, _rules, _json) = (tee, rules, JsonObject.Create(fields.Element.Clone())!);
        _allowDebug = fields.Find("allow_debug") is { } debug && (debug.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? debug.GetBoolean() : throw fields.Malformed("allow_debug", "must be true or false"));
        ReadTests(fields);
        if (fields.FindObject("claims") is { } claims)
            ReadClaims(claims);
        if (_claims.Count == 0 && _tests.Sum(one => one.Test.Weight) < 2)
            throw fields.Malformed("(value)", "would be any program of this TEE: " + Needed());
    }

    /// <summary>Name on the wire.</summary>
    public string Tee { get; }

    /// <exception cref="MalformedDataException">A member is unknown, or nothing says which program it is.</exception>
    public static EnclaveIdentity Parse(JsonFields fields)
    {
        var tee = fields.Text("tee", 64);
        return IdentityRules.ByTee.TryGetValue(tee, out var rules)
            ? new EnclaveIdentity(tee, rules, fields)
            : throw fields.Malformed("tee", $"'{tee}' has no identities here; there are {string.Join(", ", IdentityRules.ByTee.Keys)}");
    }

    /// <summary>A claim that no verifier of the TEE says would make a secret that nobody gets.</summary>
    /// <exception cref="MalformedDataException">There is one.</exception>
    public void RequireKnownClaims()
    {
        if (_claims.Count == 0)
            return;

        var schema = ClaimsSchemas.Input([Tee]);
        if (_claims.Find(claim => !JsonPointer.CanOccur(schema, claim.Parts)).Pointer is { } unknown)
            throw new MalformedDataException("enclave.identities", unknown, 0, $"is no claim of {Tee}; nacre evidence schema lists them");
    }

    public JsonObject ToJson() => _json.DeepClone().AsObject();

    /// <summary>Null when the claims are those of this program; else what differs.</summary>
    /// <param name="device">Claims of the primary device as the token has them.</param>
    public string? FindProblem(JsonObject device)
    {
        if (device[Tee] is not JsonObject claims)
            return $"it is for {Tee}, and the guest is not";
        if (!_allowDebug && _rules.IsClosedToHost is { } isClosed && !isClosed(claims))
            return $"{Tee}: the host may debug the guest";

        foreach (var (name, test, expected) in _tests)
        {
            var found = JsonPointer.Find(device, JsonPointer.Parse(test.Pointer)!);
            if (!test.Holds(expected, found))
                return $"{test.Pointer} is {Text(found)}, {name} is {Text(expected)}";
        }

        foreach (var (pointer, parts, expected) in _claims)
        {
            var found = JsonPointer.Find(device, parts);
            if (!JsonNode.DeepEquals(found, expected))
                return $"{pointer} is {Text(found)}, must be {Text(expected)}";
        }

        return null;
    }

    private static string Text(JsonNode? node) => node switch
    {
        null => "absent",
        JsonArray or JsonObject => "no single value",
        _ => node.ToJsonString(),
    };

    private void ReadTests(JsonFields fields)
    {
        foreach (var member in fields.Element.EnumerateObject())
        {
            if (member.Name is "tee" or "claims" or "allow_debug")
                continue;
            if (!_rules.Tests.TryGetValue(member.Name, out var test))
            {
                throw fields.Malformed(
                    member.Name, $"is not known of {Tee}; there are {string.Join(", ", [.. _rules.Tests.Keys, "claims"])}");
            }

            test.Check(fields, member.Name);
            _tests.Add((member.Name, test, JsonValue.Create(member.Value.Clone())!));
        }
    }

    private void ReadClaims(JsonFields claims)
    {
        foreach (var member in claims.Element.EnumerateObject())
        {
            if (_claims.Count == MaxClaims)
                throw claims.Malformed("(members)", $"are more than {MaxClaims}");
            var parts = JsonPointer.Parse(member.Name)
                ?? throw claims.Malformed(member.Name, $"must be a JSON pointer such as /{Tee}/…");
            if (member.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False))
                throw claims.Malformed(member.Name, "must be text, a number, true or false");
            _claims.Add((member.Name, parts, JsonValue.Create(member.Value.Clone())!));
        }
    }

    private string Needed()
    {
        var alone = _rules.Tests.Where(one => one.Value.Weight == 2).Select(one => one.Key);
        var together = string.Join(" with ", _rules.Tests.Where(one => one.Value.Weight == 1).Select(one => one.Key));
        return "give " + string.Join(", or ", [.. alone, .. together.Length > 0 ? (string[])[together] : [], "claims"]);
    }
}
