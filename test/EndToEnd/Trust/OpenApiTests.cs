using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.KeyBroker.OpenApi;

namespace Nacre.EndToEndTests.Trust;

/// <summary>The document of the interface and the interface are one.</summary>
[Trait("Group", "TrustOpenApi")]
public sealed class OpenApiTests
{
    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_is_described_and_nothing_else_is()
    {
        await using var stage = await TrustStage.StartAsync(fillsStore: false);
        var table = stage.Server.Routes;
        var document = OpenApiDocument.Create(table);

        Assert.Equal(
            table.Select(route => $"{route.Method} {route.Template}").Order(StringComparer.Ordinal),
            RouteDescriptions.All.Select(description => description.Route).Order(StringComparer.Ordinal));
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation =>
            $"{operation.Key.ToUpperInvariant()} {path.Key} {operation.Value!["x-nacre-access"]}"));
        Assert.Equal(
            table.Select(route => $"{route.Method} /{route.Template.Replace("**", "", StringComparison.Ordinal)} {route.Access}")
                .Order(StringComparer.Ordinal),
            operations.Order(StringComparer.Ordinal));
        var ids = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .Select(operation => operation.Value!["operationId"]!.ToString()).ToList();
        Assert.Equal(ids.Distinct().Count(), ids.Count);
    }

    [Fact]
    public async Task The_file_in_docs_is_what_the_server_serves()
    {
        await using var stage = await TrustStage.StartAsync(fillsStore: false);
        using var http = stage.RawClient();
        var served = JsonNode.Parse(await http.GetStringAsync("/kbs/v0/openapi.json", Cancel))!;
        var file = Path.Combine(Root(), "docs", "openapi.json");
        var text = served.ToJsonString(s_indented) + "\n";

        // Write it anew with: NACRE_WRITE_OPENAPI=1 ./nacre test --filter TrustOpenApi
        if (Environment.GetEnvironmentVariable("NACRE_WRITE_OPENAPI") == "1")
            await File.WriteAllTextAsync(file, text, Cancel);

        Assert.Equal(text, await File.ReadAllTextAsync(file, Cancel));
    }

    [Fact]
    public async Task Every_reference_resolves_and_every_example_is_valid()
    {
        await using var stage = await TrustStage.StartAsync(fillsStore: false);
        var document = OpenApiDocument.Create(stage.Server.Routes);
        var used = new HashSet<string>();
        foreach (var reference in References(document))
        {
            used.Add(reference);
            Assert.NotNull(JsonShape.Resolve(document, reference));
        }

        foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject())
        {
            Assert.Contains($"#/components/schemas/{name}", used);
            Assert.True(schema!["example"] is not null, $"{name} has no example");
            Assert.Equal([], JsonShape.Problems(document, schema, schema["example"], name));
        }
    }

    [Fact]
    public async Task Real_replies_have_the_shapes_that_are_written_down()
    {
        await using var stage = await TrustStage.StartAsync();
        using var guest = stage.SampleGuest();
        await Assert.ThrowsAsync<Nacre.Client.KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel));
        await stage.AffirmSampleAsync();
        await stage.Admin.SetPolicyAsync(Nacre.Client.PolicyKind.Resource, null, "package policy\nimport rego.v1\ndefault allow := false\n", Cancel);
        using var http = stage.RawClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stage.AdminToken);
        var document = OpenApiDocument.Create(stage.Server.Routes);
        var seen = 0;
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            if (operations!["get"] is not { } operation || operation["x-nacre-access"]!.ToString() == "Guest")
                continue;

            // None waits for approval where none is wanted.
            if (path.EndsWith("proposals/{id}", StringComparison.Ordinal))
                continue;

            var place = path.Replace("{kind}/{id}", "resource/resource-policy", StringComparison.Ordinal)
                .Replace("attempts/{id}", $"attempts/{await FirstAttemptAsync(http)}", StringComparison.Ordinal)
                .Replace("{id}", "svn", StringComparison.Ordinal).Replace("{name}", "svn", StringComparison.Ordinal)
                .Replace("{path}", TrustStage.Secret.Path, StringComparison.Ordinal);
            using var reply = await http.GetAsync(place, Cancel);
            var body = await reply.Content.ReadAsStringAsync(Cancel);
            Assert.True(reply.IsSuccessStatusCode, $"{place}: {body}");
            if (operation["responses"]!["200"]!["content"]?["application/json"]?["schema"] is not { } schema)
                Assert.Equal("", body);
            else
                Assert.Equal([], JsonShape.Problems(document, schema, JsonNode.Parse(body), place));
            seen++;
        }

        Assert.InRange(seen, 15, 100);
    }

    [Fact]
    public async Task Errors_have_the_shape_that_is_written_down()
    {
        await using var stage = await TrustStage.StartAsync(fillsStore: false);
        var document = OpenApiDocument.Create(stage.Server.Routes);
        using var http = stage.RawClient();
        foreach (var path in (string[])["/kbs/v0/admin/attempts", "/kbs/v0/nothing", "/kbs/v0/../x"])
        {
            using var reply = await http.GetAsync(path, Cancel);
            var body = JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel));
            Assert.Equal([], JsonShape.Problems(document, document["components"]!["schemas"]!["Error"]!, body, path));
        }
    }

    private static async Task<string> FirstAttemptAsync(HttpClient http) =>
        JsonNode.Parse(await http.GetStringAsync("/kbs/v0/admin/attempts", Cancel))!["attempts"]![0]!["id"]!.ToString();

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [member.Value!.ToString()] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
