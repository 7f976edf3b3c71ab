using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.KeyBroker.Admin;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Administrators of an identity provider are known by its keys as it publishes them, and have the role of their groups.</summary>
[Trait("Group", "TrustAdmin")]
public sealed class OidcTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tokens_are_held_to_key_issuer_audience_time_and_groups()
    {
        await using var issuer = await StandInIssuer.StartAsync();
        await using var stage = await TrustStage.StartAsync(issuers: [Source(issuer)]);
        var good = Claims(issuer, stage);

        await AssertAsync(stage, issuer.Sign(good), null);
        await AssertAsync(stage, issuer.Sign(With(good, "aud", new JsonArray("other", "nacre"))), null);
        await AssertAsync(stage, issuer.Sign(With(good, "aud", "other")), "aud has no nacre");
        await AssertAsync(stage, issuer.Sign(With(good, "aud", null)), "aud");
        await AssertAsync(stage, issuer.Sign(With(good, "iss", "https://127.0.0.1/else")), "Cannot verify token with any of the issuers");
        await AssertAsync(stage, issuer.Sign(With(good, "exp", Now(stage) - 90)), "the token has expired");
        await AssertAsync(stage, issuer.Sign(With(good, "exp", null)), "exp");
        await AssertAsync(stage, issuer.Sign(With(good, "nbf", Now(stage) + 300)), "not valid yet");
        await AssertAsync(stage, issuer.Sign(With(good, "realm_access", new JsonObject { ["roles"] = new JsonArray("staff") })), "realm_access/roles has nothing that is a role here");
        await AssertAsync(stage, issuer.Sign(With(good, "realm_access", new JsonObject { ["roles"] = new JsonArray("admin") })), "has nothing that is a role here");
        await AssertAsync(stage, issuer.Sign(With(good, "realm_access", null)), "realm_access");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await AssertAsync(stage, issuer.Sign(good, by: other), "it is not signed by a key of");

        var line = (await stage.Admin.ListAuditAsync(null, null, Cancel))["lines"]!.AsArray()
            .Last(line => (string?)line!["outcome"] == "done" && (string?)line["route"] == "DELETE kbs/v0/admin/reference-values/{**name}")!;
        Assert.Equal("policy-author alice", (string?)line["who"]);
    }

    [Fact]
    public async Task A_new_key_is_asked_for_once_in_a_while_and_the_last_are_good_while_the_provider_is_away()
    {
        await using var issuer = await StandInIssuer.StartAsync();
        await using var stage = await TrustStage.StartAsync(issuers: [Source(issuer)], tls: false);
        issuer.IsAway = true;
        await AssertAsync(stage, issuer.Sign(Claims(issuer, stage)), "cannot be had now");
        issuer.IsAway = false;
        await AssertAsync(stage, issuer.Sign(Claims(issuer, stage)), "cannot be had now");
        stage.Clock.Skip(TimeSpan.FromSeconds(31));
        await AssertAsync(stage, issuer.Sign(Claims(issuer, stage)), null);
        Assert.Equal(1, issuer.Asked);

        issuer.AddKey("second");
        for (var i = 0; i < 8; i++)
            await AssertAsync(stage, issuer.Sign(Claims(issuer, stage), "second"), "it is not signed by a key of");
        Assert.Equal(1, issuer.Asked);
        stage.Clock.Skip(TimeSpan.FromSeconds(31));
        await AssertAsync(stage, issuer.Sign(Claims(issuer, stage), "second"), null);
        Assert.Equal(2, issuer.Asked);

        issuer.IsAway = true;
        stage.Clock.Skip(TimeSpan.FromHours(23));
        await AssertAsync(stage, issuer.Sign(Claims(issuer, stage)), null);
        stage.Clock.Skip(TimeSpan.FromHours(2));
        await AssertAsync(stage, issuer.Sign(Claims(issuer, stage)), "cannot be had now");
    }

    [Fact]
    public async Task A_provider_that_speaks_for_another_or_has_no_certificate_for_us_is_not_believed()
    {
        await using var issuer = await StandInIssuer.StartAsync();
        issuer.PretendedIssuer = "https://login.example";
        await using (var stage = await TrustStage.StartAsync(issuers: [Source(issuer)]))
            await AssertAsync(stage, issuer.Sign(Claims(issuer, stage)), "cannot be had now");

        issuer.PretendedIssuer = null;
        await using var another = await StandInIssuer.StartAsync();
        var source = new OidcIssuer(
            new() { Issuer = issuer.Issuer, Audience = "nacre", Authorities = [another.Authority] }, NullLogger.Instance);
        await using var strict = await TrustStage.StartAsync(issuers: [source]);
        await AssertAsync(strict, issuer.Sign(Claims(issuer, strict)), "cannot be had now");
        Assert.Equal(0, issuer.Asked);
    }

    [Theory]
    [InlineData("--admin-oidc needs --admin-audience", "--admin-oidc", "https://login.example")]
    [InlineData("is no identity provider", "--admin-oidc", "http://login.example", "--admin-audience", "nacre")]
    [InlineData("is no --admin-role-map", "--admin-oidc", "https://login.example", "--admin-audience", "nacre", "--admin-role-map", "staff=root")]
    [InlineData("names no claim", "--admin-oidc", "https://login.example", "--admin-audience", "nacre", "--admin-role-claim", "/a//b")]
    [InlineData("say nothing without", "--admin-role-map", "staff=viewer")]
    [InlineData("need each other", "--admin-client-role", "cn:a=viewer")]
    public async Task Options_that_make_no_sense_are_refused(string problem, params string[] options)
    {
        var directory = Directory.CreateTempSubdirectory("nacre-oidc-");
        (await NacreProgram.RunAsync(["serve", "--data", directory.FullName, "--url", "https://127.0.0.1:0", .. options])).AssertFailed(1, problem);
        directory.Delete(recursive: true);
    }

    private static OidcIssuer Source(StandInIssuer issuer) => new(
        new()
        {
            Issuer = issuer.Issuer,
            Audience = "nacre",
            Authorities = [issuer.Authority],
            RoleClaim = new AdminRoleClaim(
                AdminRoleClaim.ParsePath("/realm_access/roles")!, [("security", "policy-author"), ("operators", "secret-writer")]),
        },
        NullLogger.Instance);

    private static long Now(TrustStage stage) => stage.Clock.GetUtcNow().ToUnixTimeSeconds();

    private static JsonObject Claims(StandInIssuer issuer, TrustStage stage) => new()
    {
        ["iss"] = issuer.Issuer,
        ["aud"] = "nacre",
        ["sub"] = "alice",
        ["exp"] = Now(stage) + 300,
        ["realm_access"] = new JsonObject { ["roles"] = new JsonArray("staff", "operators", "security") },
    };

    private static JsonObject With(JsonObject claims, string name, JsonNode? value)
    {
        var changed = claims.DeepClone().AsObject();
        changed.Remove(name);
        if (value is not null)
            changed[name] = value;
        return changed;
    }

    private static async Task AssertAsync(TrustStage stage, string token, string? problem)
    {
        using var admin = new KbsAdminClient(stage.Connect(), token);
        if (problem is null)
        {
            // The first group in the map decides: it writes policies and no secrets.
            await stage.AffirmSampleAsync();
            await admin.DeleteReferenceValueAsync("svn", Cancel);
            var denied = await Assert.ThrowsAsync<KbsException>(() => admin.DeleteResourceAsync(TrustStage.Secret, Cancel));
            Assert.Equal(System.Net.HttpStatusCode.Forbidden, denied.Status);
            return;
        }

        var refusal = await Assert.ThrowsAsync<KbsException>(() => admin.ListResourcesAsync(Cancel));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refusal.Status);
        Assert.Contains(problem, refusal.Detail, StringComparison.Ordinal);
    }
}
