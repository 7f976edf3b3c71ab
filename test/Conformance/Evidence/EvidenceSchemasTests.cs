using System.Text.Json.Nodes;
using Nacre.Evidence;
using Nacre.Evidence.EventLogs;
using Nacre.Formats;
using Nacre.Formats.EventLogs;
using Nacre.Rego;
using Nacre.Verifiers.Schemas;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The schemas say what verifiers say: no claim is outside of them, and none is in them that is never made.</summary>
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

    [Theory]
    [MemberData(nameof(Tees))]
    public async Task Every_claim_of_a_vector_is_in_the_schema_and_the_other_way_round(string tee)
    {
        var schema = ClaimsSchemas.For(tee);
        var coverage = new SchemaCoverage(schema);
        var vectors = await VectorsAsync(tee);
        foreach (var (id, claims) in vectors)
        {
            RequireMatch(id, claims, schema);
            coverage.Add(claims);
        }

        foreach (var log in tee is TeeNames.Tdx or TeeNames.Csv ? Logs() : [])
        {
            var claims = (JsonObject)vectors[0].Claims.DeepClone();
            claims["uefi_event_logs"] = log;
            RequireMatch("event log", claims, schema);
            coverage.Add(claims);
        }

        var (listed, missing) = (UnseenClaims.Of(tee), coverage.Missing());
        Assert.True(
            listed.ToHashSet().SetEquals(missing),
            $"only missing: {string.Join(' ', missing.Except(listed))}; only listed: {string.Join(' ', listed.Except(missing))}");
    }

    [Theory]
    [MemberData(nameof(Tees))]
    public async Task A_claim_that_is_unknown_missing_or_of_another_type_does_not_match(string tee)
    {
        var schema = ClaimsSchemas.For(tee);
        var (_, claims) = (await VectorsAsync(tee))[0];
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

    private static async Task<IReadOnlyList<(string Id, JsonObject Claims)>> VectorsAsync(string tee)
    {
        if (s_folder is null && Environment.GetEnvironmentVariable("CI") is null)
            Assert.Skip("there are no vectors: set NACRE_SHARED to the folder that holds vectors/");

        var vectors = await VerifiedVectors.ClaimsOfAsync(tee, s_manifests.Value);
        Assert.NotEmpty(vectors);
        return vectors;
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
                claims = UefiEventClaims.Create(TcgEventLog.Parse(file.Read()));
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
