using System.Text.Json.Nodes;
using Nacre.Evidence;
using Nacre.Formats;
using Nacre.Formats.EventLogs;
using Nacre.Rego;
using Nacre.Verifiers.EventLogs;
using Nacre.Verifiers.Schemas;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The schemas say what verifiers say: no claim is outside of them, and none is in them that is never written.</summary>
[Trait("Group", "EvidenceSchemas")]
public sealed class EvidenceSchemasTests
{
    private static readonly string? s_folder = VectorFolder.Find();

    private static readonly Lazy<IReadOnlyList<VectorManifest>> s_manifests =
        new(() => s_folder is null ? [] : VectorManifest.LoadAll(s_folder));

    private static readonly RegoQuery s_match = RegoProgram
        .Compile([new RegoSource("match.rego", "package match\nresult := json.match_schema(input.document, input.schema)")])
        .Prepare("data.match.result");

    public static TheoryData<string> Tees() => [.. TeeNames.All];

    /// <summary>Also with another folder of vectors, whatever is in it.</summary>
    [Theory]
    [MemberData(nameof(Tees))]
    public async Task The_claims_of_every_vector_match_the_schema(string tee)
    {
        if (s_folder is null && Environment.GetEnvironmentVariable("CI") is null)
            Assert.Skip("there are no vectors: set NACRE_SHARED to the folder that holds vectors/");

        Assert.NotEmpty(s_manifests.Value);
        var (schema, types) = (ClaimsSchemas.For(tee), FullClaims.Of(tee).Select(full => full.GetType()).ToHashSet());
        foreach (var (id, claims) in await VerifiedVectors.ClaimsOfAsync(tee, s_manifests.Value))
        {
            Assert.Contains(claims.Typed.GetType(), types);
            RequireMatch(id, claims.Claims, schema);
        }

        foreach (var log in tee is TeeNames.Tdx or TeeNames.Csv ? Logs() : [])
        {
            var claims = FullClaims.Of(tee)[0].ToJson();
            claims["uefi_event_logs"] = log;
            RequireMatch("event log", claims, schema);
        }
    }

    [Theory]
    [MemberData(nameof(Tees))]
    public void Every_claim_of_the_schema_is_written_when_it_is_there(string tee)
    {
        var schema = ClaimsSchemas.For(tee);
        var coverage = new SchemaCoverage(schema);
        foreach (var claims in FullClaims.Of(tee).Select(full => full.ToJson()))
        {
            RequireMatch(tee, claims, schema);
            coverage.Add(claims);
        }

        Assert.Empty(coverage.Missing());
    }

    [Theory]
    [MemberData(nameof(Tees))]
    public void A_claim_that_is_unknown_missing_or_of_another_type_does_not_match(string tee)
    {
        var schema = ClaimsSchemas.For(tee);
        var claims = FullClaims.Of(tee)[0].ToJson();
        RequireProblem(claims => claims["no_such_claim"] = true);
        foreach (var name in claims.Select(claim => claim.Key))
            RequireProblem(claims => claims[name] = new JsonArray(new JsonArray()));
        foreach (var name in schema["required"] as JsonArray ?? [])
            RequireProblem(claims => claims.Remove(name!.GetValue<string>()));

        void RequireProblem(Action<JsonObject> change)
        {
            var changed = (JsonObject)claims.DeepClone();
            change(changed);
            Assert.NotEmpty(Problems(changed, schema));
        }
    }

    private static void RequireMatch(string id, JsonNode document, JsonObject schema)
    {
        var problems = Problems(document, schema);
        Assert.True(problems.Count == 0, $"{id}: {string.Join('\n', problems)}");
    }

    private static IReadOnlyList<string> Problems(JsonNode document, JsonObject schema)
    {
        var input = new JsonObject { ["document"] = document.DeepClone(), ["schema"] = schema.DeepClone() };
        var result = JsonNode.Parse(s_match.EvaluateValue(new RegoInput { Input = RegoValue.Parse(input.ToJsonString()) })!.ToString()!)!;
        return result[0]!.GetValue<bool>() ? [] : [.. result[1]!.AsArray().Select(problem => problem!.ToJsonString())];
    }

    private static IEnumerable<JsonArray> Logs()
    {
        foreach (var file in s_manifests.Value.Where(manifest => manifest.Tee == "eventlog").SelectMany(manifest => manifest.Files))
        {
            JsonArray? claims = null;
            try
            {
                claims = [.. UefiEventClaims.Create(TcgEventLog.Parse(file.Read())).Select(one => (JsonNode)one.ToJson())];
            }
            catch (MalformedDataException)
            {
                // The folder has other files too, and broken logs; that whole ones parse is tested elsewhere.
            }

            if (claims is not null)
                yield return claims;
        }
    }
}
