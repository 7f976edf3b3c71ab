using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Admin;

namespace Nacre.EndToEndTests.Trust;

/// <summary>An administrator may do what the role, the methods and the path of the token say, while it lives, and nothing else.</summary>
[Trait("Group", "TrustAdmin")]
public sealed class AdminRoleTests
{
    private static readonly string[] s_views = ["admin/resources", "admin/policies", "admin/reference-values", "admin/attempts", "resource-policy"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("viewer", true, false, false, false, false)]
    [InlineData("policy-author", true, true, false, false, false)]
    [InlineData("secret-writer", true, false, true, false, false)]
    [InlineData("auditor", true, false, false, true, false)]
    [InlineData("admin", true, true, true, true, true)]
    public async Task Each_role_may_do_what_the_table_says(string role, bool view, bool policy, bool secret, bool audit, bool administer)
    {
        await using var stage = await TrustStage.StartAsync();
        using var admin = new KbsAdminClient(stage.Connect(), await TokenAsync(stage, role));
        using var transport = stage.Connect();
        var credential = KbsCredential.Bearer(await TokenAsync(stage, role));

        foreach (var path in s_views)
            Assert.Equal(view, await MayAsync(() => transport.SendAsync(HttpMethod.Get, path, null, null, credential, Cancel)));
        Assert.Equal(policy, await MayAsync(() => admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nallow := true", Cancel)));
        Assert.Equal(policy, await MayAsync(() => admin.AddReferenceValuesAsync(new JsonObject { ["svn"] = 1 }, Cancel)));
        Assert.Equal(policy, await MayAsync(() => admin.DeleteReferenceValueAsync("svn", Cancel)));
        Assert.Equal(secret, await MayAsync(() => admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel)));
        Assert.Equal(secret, await MayAsync(() => admin.DeleteResourceAsync(TrustStage.Secret, Cancel)));
        Assert.Equal(audit, await MayAsync(() => admin.ListAuditAsync(null, null, Cancel)));
        Assert.Equal(audit, await MayAsync(() => admin.GetAuditHeadsAsync(Cancel)));
        Assert.Equal(administer, await MayAsync(() => admin.CreateTokenAsync(new JsonObject { ["role"] = "viewer", ["seconds"] = 60 }, Cancel)));
    }

    [Fact]
    public async Task A_path_is_kept_to_segment_by_segment()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.Admin.PutResourceAsync(ResourceUri.Parse("kbs:///default2/key/1"), SecretBytes.Copy("x"u8), Cancel);
        using var admin = new KbsAdminClient(stage.Connect(), await TokenAsync(stage, "secret-writer", new() { ["path"] = "default/" }));

        await admin.PutResourceAsync(ResourceUri.Parse("kbs:///default/key/2"), SecretBytes.Copy("x"u8), Cancel);
        Assert.False(await MayAsync(() => admin.PutResourceAsync(ResourceUri.Parse("kbs:///default2/key/1"), SecretBytes.Copy("x"u8), Cancel)));
        Assert.False(await MayAsync(() => admin.DeleteResourceAsync(ResourceUri.Parse("kbs:///default2/key/1"), Cancel)));
        Assert.False(await MayAsync(() => admin.ListPoliciesAsync(Cancel)));
        var listed = (await admin.ListResourcesAsync(Cancel))["resources"]!.AsArray().Select(resource => (string?)resource!["path"]);
        Assert.Equal(["default/key/1", "default/key/2"], listed);
    }

    [Fact]
    public async Task Methods_are_kept_to()
    {
        await using var stage = await TrustStage.StartAsync();
        using var admin = new KbsAdminClient(stage.Connect(), await TokenAsync(stage, "secret-writer", new() { ["methods"] = new JsonArray("POST") }));

        await admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel);
        Assert.False(await MayAsync(() => admin.DeleteResourceAsync(TrustStage.Secret, Cancel)));
        Assert.False(await MayAsync(() => admin.ListResourcesAsync(Cancel)));
    }

    [Fact]
    public async Task A_token_ends_and_those_it_made_end_with_it()
    {
        await using var stage = await TrustStage.StartAsync();
        var first = await TokenAsync(stage, "admin");
        using var admin = new KbsAdminClient(stage.Connect(), first);
        stage.Clock.Skip(TimeSpan.FromMinutes(50));
        var made = await admin.CreateTokenAsync(new JsonObject { ["role"] = "viewer", ["seconds"] = 36_000 }, Cancel);
        using var viewer = new KbsAdminClient(stage.Connect(), (string)made["token"]!);
        await viewer.ListResourcesAsync(Cancel);

        stage.Clock.Skip(TimeSpan.FromMinutes(11));

        foreach (var client in (KbsAdminClient[])[admin, viewer])
        {
            var refusal = await Assert.ThrowsAsync<KbsException>(() => client.ListResourcesAsync(Cancel));
            Assert.Equal((HttpStatusCode.Unauthorized, ErrorTypes.AdminAuthAccess), (refusal.Status, refusal.ErrorType));
            Assert.Contains("the token has expired", refusal.Detail, StringComparison.Ordinal);
            Assert.Contains("expired", await AuditedReasonAsync(stage, refusal.Reference!), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"role":"root","seconds":60}""")]
    [InlineData("""{"role":"viewer","seconds":0}""")]
    [InlineData("""{"role":"viewer","seconds":86401}""")]
    [InlineData("""{"role":"viewer","seconds":60,"path":"a//b"}""")]
    [InlineData("""{"role":"viewer","seconds":60,"path":"../a"}""")]
    [InlineData("""{"role":"viewer","seconds":60,"methods":["TRACE"]}""")]
    [InlineData("""{"role":"viewer","seconds":60,"methods":[]}""")]
    [InlineData("""{"role":"viewer","seconds":60,"subject":"a b"}""")]
    [InlineData("""{"role":"viewer","seconds":60,"scope":"a"}""")]
    public async Task Tokens_that_make_no_sense_are_not_made(string request)
    {
        await using var stage = await TrustStage.StartAsync();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.Admin.CreateTokenAsync(JsonNode.Parse(request)!.AsObject(), Cancel));

        Assert.Equal(HttpStatusCode.BadRequest, refusal.Status);
    }

    [Fact]
    public async Task Upstreams_admin_tokens_are_taken_with_their_issuer_audience_and_role()
    {
        using var key = await OpenSslKey.CreateEd25519Async();
        using var other = await OpenSslKey.CreateEd25519Async();
        var issuer = new AdminIssuer([JwtVerificationKey.FromPem(await File.ReadAllTextAsync(key.PublicPem, Cancel))])
        {
            Issuer = "TrusteeInDocker",
            Audience = "KBS",
        };
        await using var stage = await TrustStage.StartAsync(issuers: [issuer]);
        var good = Claims(stage.Clock.GetUtcNow());
        await AssertTakenAsync(stage, await key.SignAsync(good), null);
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "aud", "KBS")), null);
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "exp", stage.Clock.GetUtcNow().ToUnixTimeSeconds() - 30)), null);

        await AssertTakenAsync(stage, await other.SignAsync(good), "Cannot verify token with any of the issuers");
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "iss", "Trustee")), "iss is not TrusteeInDocker");
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "aud", "kbs")), "aud has no KBS");
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "exp", null)), "exp");
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "exp", stage.Clock.GetUtcNow().ToUnixTimeSeconds() - 90)), "the token has expired");
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "nbf", stage.Clock.GetUtcNow().ToUnixTimeSeconds() + 300)), "not valid yet");
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "role", null)), "role");
        await AssertTakenAsync(stage, await key.SignAsync(With(good, "role", "nobody")), "Role nobody not allowed for path");
        foreach (var algorithm in (string[])["none", "HS256", "ES256", "RS256", "eddsa"])
            await AssertTakenAsync(stage, await key.SignAsync(good, algorithm), "Cannot verify token with any of the issuers");
    }

    [Fact]
    public async Task No_key_is_taken_for_a_shared_secret_or_for_one_of_another_kind()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = ecdsa.ExportSubjectPublicKeyInfoPem();
        await using var stage = await TrustStage.StartAsync(issuers: [new AdminIssuer([JwtVerificationKey.FromPem(pem)])]);
        var payload = JsonText.Utf8(Claims(stage.Clock.GetUtcNow()));
        var good = JsonWebToken.SignEs256(ecdsa, """{"alg":"ES256"}"""u8, payload);
        await AssertTakenAsync(stage, good, null);

        var unsigned = $"{Base64UrlText.Encode("""{"alg":"none"}"""u8)}.{Base64UrlText.Encode(payload)}.";
        var input = $"{Base64UrlText.Encode("""{"alg":"HS256"}"""u8)}.{Base64UrlText.Encode(payload)}";
        var keyed = $"{input}.{Base64UrlText.Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(pem), Encoding.ASCII.GetBytes(input)))}";
        var critical = JsonWebToken.SignEs256(ecdsa, """{"alg":"ES256","crit":["b64"],"b64":false}"""u8, payload);
        using var guest = stage.SampleGuest();
        var attestation = (await guest.AttestAsync(Cancel)).Token;
        foreach (var token in (string[])[unsigned, keyed, critical, attestation, good[..^2], good + ".", $"{good}AA", "a.b.c", "..", "."])
            await AssertTakenAsync(stage, token, "Cannot verify token with any of the issuers");
    }

    [Fact]
    public async Task An_administrators_token_is_no_attestation_token()
    {
        await using var stage = await TrustStage.StartAsync();
        using var http = new HandshakeMessages(stage.RawClient());

        using var reply = await http.GetAsync("/kbs/v0/resource/default/key/1", bearer: await TokenAsync(stage, "admin"));

        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
    }

    private static JsonObject Claims(DateTimeOffset now) => new()
    {
        ["iss"] = "TrusteeInDocker",
        ["sub"] = "admin",
        ["aud"] = new JsonArray("KBS"),
        ["role"] = "admin",
        ["exp"] = now.AddYears(10).ToUnixTimeSeconds(),
    };

    private static JsonObject With(JsonObject claims, string name, JsonNode? value)
    {
        var changed = claims.DeepClone().AsObject();
        changed.Remove(name);
        if (value is not null)
            changed[name] = value;
        return changed;
    }

    private static async Task AssertTakenAsync(TrustStage stage, string token, string? problem)
    {
        using var admin = new KbsAdminClient(stage.Connect(), token);
        if (problem is null)
        {
            await admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel);
            return;
        }

        var refusal = await Assert.ThrowsAsync<KbsException>(() => admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel));
        Assert.Contains(problem, refusal.Detail, StringComparison.Ordinal);
        Assert.Contains(problem, await AuditedReasonAsync(stage, refusal.Reference!), StringComparison.Ordinal);
    }

    private static async Task<string> AuditedReasonAsync(TrustStage stage, string reference) =>
        (string)Assert.Single((await stage.Admin.ListAuditAsync(null, reference, Cancel))["lines"]!.AsArray())!["reason"]!;

    private static async Task<string> TokenAsync(TrustStage stage, string role, JsonObject? limits = null)
    {
        var request = limits ?? [];
        request["role"] = role;
        request["seconds"] = 3600;
        return (string)(await stage.Admin.CreateTokenAsync(request, Cancel))["token"]!;
    }

    private static async Task<bool> MayAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (KbsException e)
        {
            Assert.Equal((HttpStatusCode.Forbidden, ErrorTypes.AdminAuthAccess), (e.Status, e.ErrorType));
            Assert.NotNull(e.Reference);
            return false;
        }
    }
}
