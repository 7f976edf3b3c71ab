using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Evidence.Protocol;
using Nacre.Rego;

namespace Nacre.KeyBroker.Resources;

/// <summary>A compiled resource policy (trust.md 2.8): <c>data.policy.allow</c> must be true.</summary>
public sealed class ReleasePolicy
{
    public const string Id = "resource-policy";
    private const string Query = "data.policy.allow";

    private readonly RegoQuery _allow;

    private ReleasePolicy(PolicyDocument document, RegoQuery allow) => (Document, _allow) = (document, allow);

    public PolicyDocument Document { get; }

    /// <summary>Releases only to a guest whose every submodule is affirming.</summary>
    public static PolicyDocument Default { get; } = ReadDefault();

    /// <exception cref="RegoException">The text is no policy.</exception>
    public static ReleasePolicy Compile(PolicyDocument document) =>
        new(document, RegoProgram.Compile([new RegoSource(document.FileName, document.Text)]).Prepare(Query));

    /// <exception cref="RegoException">The evaluation failed or hit a limit.</exception>
    public ReleaseDecision Decide(JsonObject claims, ReleaseRequest request, CancellationToken cancel)
    {
        var evaluation = new RegoInput
        {
            Input = RegoValue.Parse(JsonText.Utf8(claims)),
            Data = RegoValue.Parse(JsonText.Utf8(request.ToJson())),
        };
        if (_allow.EvaluateValue(evaluation, cancel) is RegoBool { Value: true })
            return ReleaseDecision.Allowed;

        return ReleaseDecision.Denied(_allow.Explain(evaluation, cancel).Summary);
    }

    private static PolicyDocument ReadDefault()
    {
        using var stream = typeof(ReleasePolicy).Assembly.GetManifestResourceStream($"{Id}.rego")
            ?? throw new InvalidOperationException($"{Id}.rego is not in the assembly");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new PolicyDocument(Id, reader.ReadToEnd());
    }
}

/// <summary>What is asked for, as policies see it.</summary>
/// <param name="Plugin">First segment of the path, such as <c>resource</c>.</param>
/// <param name="Path">The other segments.</param>
/// <param name="Query">Of the request.</param>
public sealed record ReleaseRequest(string Plugin, IReadOnlyList<string> Path, IReadOnlyDictionary<string, string> Query)
{
    public JsonObject ToJson()
    {
        var query = new JsonObject();
        foreach (var (name, value) in Query)
            query[name] = value;
        return new JsonObject
        {
            ["plugin"] = Plugin,
            ["resource-path"] = new JsonArray([.. Path.Select(segment => (JsonNode)segment)]),
            ["query"] = query,
        };
    }
}

/// <param name="IsAllowed">Whether the policy gave true.</param>
/// <param name="Explanation">The policy engine's one line on why not; empty when allowed.</param>
public sealed record ReleaseDecision(bool IsAllowed, string Explanation)
{
    public static ReleaseDecision Allowed { get; } = new(true, "");

    public static ReleaseDecision Denied(string explanation) => new(false, explanation);
}
