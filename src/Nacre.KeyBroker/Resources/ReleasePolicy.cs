using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Evidence.Protocol;
using Nacre.Rego;
using Nacre.Verifiers.Schemas;

namespace Nacre.KeyBroker.Resources;

/// <summary>A compiled resource policy (trust.md 2.8): <c>data.policy.allow</c> must be true.</summary>
public sealed class ReleasePolicy
{
    public const string Id = "resource-policy";
    private const string Query = "data.policy.allow";
    private const string Resource = "resource";

    private static readonly Lazy<RegoValue> s_schema = new(() => RegoValue.Parse(JsonText.Utf8(ClaimsSchemas.Token())));

    private readonly RegoProgram _program;
    private readonly RegoQuery _allow;

    private ReleasePolicy(PolicyDocument document, RegoProgram program) =>
        (Document, _program, _allow, ReadsResource) = (document, program, program.Prepare(Query), program.MayReadData(Resource));

    public PolicyDocument Document { get; }

    /// <summary>Whether it may look at <c>data.resource</c>, which is fetched for such policies only.</summary>
    public bool ReadsResource { get; }

    /// <summary>Releases only to a guest whose every submodule is affirming.</summary>
    public static PolicyDocument Default { get; } = ReadDefault();

    /// <exception cref="RegoException">The text is no policy.</exception>
    public static ReleasePolicy Compile(PolicyDocument document) =>
        new(document, RegoProgram.Compile([new RegoSource(document.FileName, document.Text)]));

    /// <summary>References into the token that it never has; most often a misspelt claim.</summary>
    public IReadOnlyList<RegoError> Warnings() => _program.CheckInput(s_schema.Value);

    /// <summary>With <c>data.resource</c> where the policy looks at it and there is such a resource.</summary>
    /// <exception cref="RegoException">The evaluation failed or hit a limit.</exception>
    public async ValueTask<ReleaseDecision> DecideAsync(JsonObject claims, ReleaseRequest request, CancellationToken cancel)
    {
        var data = request.ToJson();
        if (ReadsResource && request.Describe is { } describe && await describe(cancel) is { } detail)
            data[Resource] = detail.ForPolicies();
        return Decide(claims, data, cancel);
    }

    private ReleaseDecision Decide(JsonObject claims, JsonObject data, CancellationToken cancel)
    {
        var evaluation = new RegoInput
        {
            Input = RegoValue.Parse(JsonText.Utf8(claims)),
            Data = RegoValue.Parse(JsonText.Utf8(data)),
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
    /// <summary>What is known of the resource; null for what has no description, and gives null when there is no such resource.</summary>
    public Func<CancellationToken, ValueTask<ResourceDetail?>>? Describe { get; init; }

    /// <summary>Plugin and path with slashes between.</summary>
    public string FullPath => $"{Plugin}/{string.Join('/', Path)}";

    /// <summary>What <see cref="ToJson"/> wrote.</summary>
    public static ReleaseRequest Parse(JsonObject json) => new(
        (string)json["plugin"]!, [.. json["resource-path"]!.AsArray().Select(segment => (string)segment!)],
        json["query"]!.AsObject().ToDictionary(pair => pair.Key, pair => (string)pair.Value!));

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
