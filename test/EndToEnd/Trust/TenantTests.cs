using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.Tokens;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Tenants;
using Nacre.Storage;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Tenants of one server do not see, reach or meet each other, whatever route, token, cookie or name is used.</summary>
[Trait("Group", "TrustTenants")]
public sealed class TenantTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_has_its_own_secrets_policies_and_keys_under_the_same_names()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        using var b = await TenantScene.CreateAsync(stage, "b", Cancel);

        Assert.Equal((a.SecretText, b.SecretText), (await a.ReadSecretAsync(Cancel), await b.ReadSecretAsync(Cancel)));
        await a.Admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nallow := false", Cancel);
        await a.Admin.DeleteReferenceValueAsync("svn", Cancel);
        await Assert.ThrowsAsync<KbsException>(() => a.ReadSecretAsync(Cancel));
        Assert.Equal(b.SecretText, await b.ReadSecretAsync(Cancel));
        using var guest = stage.SampleGuest();
        using var own = await guest.GetResourceAsync(TrustStage.Secret, Cancel);
        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(own.Reveal()));

        Assert.NotEmpty((await a.Admin.ListAttemptsAsync(Cancel))["attempts"]!.AsArray());
        Assert.Empty((await b.Admin.ListAttemptsAsync(Cancel))["attempts"]!.AsArray());
        using var http = stage.RawClient();
        var keys = new HashSet<string>();
        foreach (var prefix in (string[])["", "/tenants/a", "/tenants/b"])
        {
            var discovery = JsonNode.Parse(await http.GetStringAsync($"{prefix}/.well-known/openid-configuration", Cancel))!;
            Assert.EndsWith($"{prefix}/.well-known/jwks.json", (string)discovery["jwks_uri"]!, StringComparison.Ordinal);
            Assert.True(keys.Add(await http.GetStringAsync((string)discovery["jwks_uri"]!, Cancel)));
        }
    }

    [Fact]
    public async Task No_route_serves_one_with_the_token_of_another()
    {
        await using var stage = await TrustStage.StartAsync();
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        using var b = await TenantScene.CreateAsync(stage, "b", Cancel);
        using var http = stage.RawClient();
        var before = await b.RowsAsync(Cancel);
        var own = await TenantScene.RowsAsync(stage.Directory, "repository", Cancel);
        var routes = stage.Server.Routes.Where(route => route.Access is not (Access.Public or Access.Guest)).ToList();
        Assert.True(routes.Count > 20);

        foreach (var route in routes)
        {
            var path = Fill(route.Template);
            foreach (var (target, token) in ((string, string)[])
                [($"/tenants/b/{path}", a.Token), ($"/tenants/b/{path}", stage.AdminToken), ($"/{path}", a.Token)])
            {
                var (status, _) = await SendAsync(http, route.Method, target, token);
                Assert.True(status is 401 or 403 or 404, $"{route.Method} {target}: {status}");
            }

            // No spelling of the path gets a second chance at whose it is.
            foreach (var alias in (string[])[$"/tenants/a/tenants/b/{path}", $"/TENANTS/b/{path}", $"/Tenants/b/{path}", $"/tenants/B/{path}", $"/tenants/b%2f..%2fa/{path}", $"/kbs/v0/tenants/b/{path}", $"/tenants//b/{path}"])
            {
                var (status, _) = await SendAsync(http, route.Method, alias, a.Token);
                Assert.True(status is 400 or 404, $"{route.Method} {alias}: {status}");
            }
        }

        Assert.Equal(before, await b.RowsAsync(Cancel));
        Assert.Equal(own, await TenantScene.RowsAsync(stage.Directory, "repository", Cancel));
        Assert.Equal(b.SecretText, await b.ReadSecretAsync(Cancel));
    }

    [Fact]
    public async Task Sessions_and_attestation_tokens_are_good_at_one_only()
    {
        using var given = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = JwtSigningKey.FromPem(given.ExportPkcs8PrivateKeyPem());
        await using var stage = await TrustStage.StartAsync(tokens: new TokenOptions { Key = new GivenTokenKey(key, [], null) });
        await stage.AffirmSampleAsync();
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        using var b = await TenantScene.CreateAsync(stage, "b", Cancel);
        using var http = stage.RawClient();

        foreach (var from in (string[])["", "/tenants/a", "/tenants/b"])
        {
            var (cookie, token) = await AttestAsync(http, from);
            foreach (var at in (string[])["", "/tenants/a", "/tenants/b"])
            {
                var expected = from == at ? HttpStatusCode.OK : HttpStatusCode.Unauthorized;
                foreach (var (header, value) in ((string, string)[])[("Cookie", cookie), ("Authorization", $"Bearer {token}")])
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, $"{at}/kbs/v0/resource/default/key/1");
                    request.Headers.Add(header, value);
                    using var reply = await http.SendAsync(request, Cancel);
                    Assert.Equal((from, at, header, expected), (from, at, header, reply.StatusCode));
                }
            }
        }
    }

    [Fact]
    public async Task Administrators_of_others_issuers_are_of_the_tenant_that_the_token_names()
    {
        using var key = await OpenSslKey.CreateEd25519Async();
        var issuer = new AdminIssuer([JwtVerificationKey.FromPem(await File.ReadAllTextAsync(key.PublicPem, Cancel))]);
        await using var stage = await TrustStage.StartAsync(issuers: [issuer]);
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        using var b = await TenantScene.CreateAsync(stage, "b", Cancel);
        using var http = stage.RawClient();

        foreach (var tenant in (string?[])[null, "a", "b"])
        {
            var claims = new JsonObject { ["role"] = "admin", ["exp"] = stage.Clock.GetUtcNow().ToUnixTimeSeconds() + 60 };
            if (tenant is not null)
                claims["tenant"] = tenant;
            var token = await key.SignAsync(claims);
            foreach (var at in (string?[])[null, "a", "b"])
            {
                var (status, _) = await SendAsync(http, "GET", $"{TenantName.PathPrefix(at)}/kbs/v0/admin/resources", token);
                Assert.Equal((tenant, at, at == tenant ? 200 : 403), (tenant, at, status));
            }

            Assert.Equal(tenant is null ? 200 : 403, (await SendAsync(http, "GET", "/kbs/v0/admin/tenants", token)).Status);
        }
    }

    [Fact]
    public async Task An_auditor_sees_the_lines_of_the_own_tenant()
    {
        await using var stage = await TrustStage.StartAsync();
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        using var b = await TenantScene.CreateAsync(stage, "b", Cancel);
        await b.ReadSecretAsync(Cancel);

        var lines = (await a.Admin.ListAuditAsync(null, null, Cancel))["lines"]!.AsArray();
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal("a", (string?)line!["tenant"]));
        Assert.Contains((await stage.Admin.ListAuditAsync(null, null, Cancel))["lines"]!.AsArray(), line => (string?)line!["tenant"] == "b"
            && (string?)line["action"] == "release");
        using var http = stage.RawClient();
        Assert.All(
            JsonNode.Parse((await SendAsync(http, "GET", "/tenants/a/kbs/v0/admin/audit?tenant=b", a.Token)).Body)!["lines"]!.AsArray(),
            line => Assert.Equal("a", (string?)line!["tenant"]));
        Assert.Equal(404, (await SendAsync(http, "GET", "/tenants/a/kbs/v0/admin/audit/heads", a.Token)).Status);
    }

    [Fact]
    public async Task Another_replica_knows_at_once_who_came_and_went_and_the_name_comes_back_empty()
    {
        await using var one = await TrustStage.StartAsync();
        await using var two = await TrustStage.StartAsync(directory: one.Directory);
        using var a = await TenantScene.CreateAsync(one, "a", Cancel);
        using var atTwo = new KbsAdminClient(two.Connect(TenantScene.UrlOf(two, "a")), a.Token);
        Assert.Single((await atTwo.ListResourcesAsync(Cancel))["resources"]!.AsArray());
        var id = (string)(await two.Admin.ListTenantsAsync(Cancel))["tenants"]![0]!["id"]!;

        Assert.Equal(HttpStatusCode.Conflict, (await Assert.ThrowsAsync<KbsException>(() => two.Admin.DeleteTenantAsync("a", false, Cancel))).Status);
        await two.Admin.DeleteTenantAsync("a", force: true, Cancel);
        foreach (var client in (KbsAdminClient[])[a.Admin, atTwo])
            Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<KbsException>(() => client.ListResourcesAsync(Cancel))).Status);
        Assert.Empty(await TenantScene.RowsAsync(one.Directory, $"tenant:{id}/", Cancel));

        await two.Admin.CreateTenantAsync("a", Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<KbsException>(() => a.Admin.ListResourcesAsync(Cancel))).Status);
        using var again = new KbsAdminClient(one.Connect(TenantScene.UrlOf(one, "a")), await TenantScene.TokenAsync(one, "a", "admin", Cancel));
        Assert.Empty((await again.ListResourcesAsync(Cancel))["resources"]!.AsArray());
        Assert.Empty(await TenantScene.RowsAsync(one.Directory, $"tenant:{id}/", Cancel));
    }

    [Fact]
    public async Task A_tenant_is_opened_once_however_many_come_together()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.Admin.CreateTenantAsync("a", Cancel);
        using var http = stage.RawClient();

        var keys = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => http.GetStringAsync("/tenants/a/.well-known/jwks.json", Cancel)));

        Assert.Single(keys.Distinct());
        using var admin = new KbsAdminClient(stage.Connect(TenantScene.UrlOf(stage, "a")), await TenantScene.TokenAsync(stage, "a", "viewer", Cancel));
        Assert.Single((await admin.GetPolicyHistoryAsync(PolicyKind.Attestation, "default_cpu", Cancel))["versions"]!.AsArray());
    }

    [Fact]
    public async Task Idle_tenants_are_closed_and_opened_again_as_they_were()
    {
        await using var stage = await TrustStage.StartAsync(tls: false);
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        await a.Admin.DeletePolicyAsync(PolicyKind.Attestation, "default_gpu", Cancel);
        stage.Clock.Skip(TimeSpan.FromMinutes(11));
        using var b = await TenantScene.CreateAsync(stage, "b", Cancel);

        Assert.Equal(a.SecretText, await a.ReadSecretAsync(Cancel));
        var policies = (await a.Admin.ListPoliciesAsync(Cancel))["policies"]!.AsArray().Select(policy => (string?)policy!["id"]);
        Assert.DoesNotContain("default_gpu", policies);
        Assert.Superset(new HashSet<string?>(["default_cpu", "resource-policy"]), policies.ToHashSet());
    }

    [Theory]
    [InlineData("default")]
    [InlineData("A")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a.b")]
    [InlineData("a_b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Names_are_held_to_the_rule(string name)
    {
        await using var stage = await TrustStage.StartAsync();

        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<KbsException>(() => stage.Admin.CreateTenantAsync(name, Cancel))).Status);
    }

    [Fact]
    public async Task Only_the_operator_with_a_token_that_is_not_limited_manages_tenants()
    {
        await using var stage = await TrustStage.StartAsync();
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        using var http = stage.RawClient();
        foreach (var request in (string[])["""{"role":"admin","seconds":60,"path":"a"}""", """{"role":"policy-author","seconds":60}""", """{"role":"auditor","seconds":60}"""])
        {
            var token = (string)(await stage.Admin.CreateTokenAsync(JsonNode.Parse(request)!.AsObject(), Cancel))["token"]!;
            Assert.Equal(403, (await SendAsync(http, "POST", "/kbs/v0/admin/tenants/a/tokens", token)).Status);
            Assert.Equal(403, (await SendAsync(http, "DELETE", "/kbs/v0/admin/tenants/a?force=true", token)).Status);
        }

        Assert.Equal(404, (await SendAsync(http, "DELETE", "/tenants/a/kbs/v0/admin/tenants/a?force=true", a.Token)).Status);
    }

    [Fact]
    public async Task The_command_line_makes_uses_and_deletes_one()
    {
        await using var stage = await TrustStage.StartAsync();
        var server = new Dictionary<string, string?>
        {
            ["NACRE_URL"] = stage.Server.Url.ToString(),
            ["NACRE_CACERT"] = KeyBroker.TrustServer.CaPath(stage.Directory),
            ["NACRE_TOKEN"] = stage.AdminToken,
        };
        (await NacreProgram.RunAsync(["tenant", "create", "acme"], server)).AssertDone();
        var token = await NacreProgram.RunAsync(["admin", "token", "--tenant", "acme", "--role", "viewer"], server);
        token.AssertDone();
        var tenant = new Dictionary<string, string?>(server)
        {
            ["NACRE_URL"] = TenantScene.UrlOf(stage, "acme").ToString(),
            ["NACRE_TOKEN"] = token.Output.Trim(),
        };
        (await NacreProgram.RunAsync(["secret", "list"], tenant)).AssertDone();
        (await NacreProgram.RunAsync(["tenant", "list"], tenant)).AssertFailed(1, "admin");
        (await NacreProgram.RunAsync(["tenant", "delete", "acme"], server)).AssertFailed(1, "go all its secrets");
        (await NacreProgram.RunAsync(["tenant", "delete", "acme", "--force"], server)).AssertDone();
    }

    [Fact]
    public async Task What_a_tenant_writes_after_its_end_is_refused()
    {
        await using var store = new Nacre.Storage.Memory.MemoryStore();
        var records = new TenantRecords(store, TimeProvider.System);
        await records.CreateAsync("a", Cancel);
        var own = new TenantStore(store, await records.RequireAsync("a", Cancel));
        Assert.Equal(WriteResult.Written, await own.SetAsync("space", "key", [1], WriteCondition.MustNotExist, Cancel));
        Assert.Equal(WriteResult.Conflict, await own.SetAsync("space", "key", [2], WriteCondition.MustNotExist, Cancel));
        Assert.Null(await store.FindAsync("space", "key", Cancel));

        await records.DeleteAsync("a", Cancel);

        await Assert.ThrowsAsync<StoreException>(async () => await own.SetAsync("space", "late", [3], WriteCondition.None, Cancel));
        await foreach (var row in store.SnapshotAsync(Cancel))
            Assert.Fail($"{row.Space}/{row.Key} was left");
    }

    private static string Fill(string template) => template.Replace("{kind}/{**id}", "resource/resource-policy", StringComparison.Ordinal)
        .Replace("{**path}", "default/key/1", StringComparison.Ordinal).Replace("{**id}", "svn", StringComparison.Ordinal)
        .Replace("{tenant}", "b", StringComparison.Ordinal).Replace("{name}", "svn", StringComparison.Ordinal)
        .Replace("{id}", "x", StringComparison.Ordinal).Replace("{kid}", "x", StringComparison.Ordinal);

    private static async Task<(int Status, string Body)> SendAsync(HttpClient http, string method, string target, string token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(http.BaseAddress!, target));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (method == "POST")
            request.Content = new StringContent("""{"policy":"cGFja2FnZSBwb2xpY3kKYWxsb3cgOj0gdHJ1ZQ"}""", Encoding.UTF8, "application/json");
        using var reply = await http.SendAsync(request, Cancel);
        return ((int)reply.StatusCode, await reply.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<(string Cookie, string Token)> AttestAsync(HttpClient http, string prefix)
    {
        using var messages = new HandshakeMessages(new HttpClient());
        using var auth = await PostAsync("auth", """{"version":"0.4.0","tee":"sample","extra-params":{}}"""u8.ToArray(), null);
        Assert.Contains($"Path={prefix}/kbs/v0;", auth.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        var nonce = AuthChallenge.Parse(await auth.Content.ReadAsByteArrayAsync(Cancel)).Nonce;
        using var attested = await PostAsync("attest", messages.Evidence(nonce), HandshakeMessages.Cookie(auth));
        attested.EnsureSuccessStatusCode();
        var token = (string)JsonNode.Parse(await attested.Content.ReadAsStringAsync(Cancel))!["token"]!;
        return (HandshakeMessages.Cookie(attested), token);

        async Task<HttpResponseMessage> PostAsync(string path, byte[] body, string? cookie)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{prefix}/kbs/v0/{path}") { Content = new ByteArrayContent(body) };
            if (cookie is not null)
                request.Headers.Add("Cookie", cookie);
            return await http.SendAsync(request, Cancel);
        }
    }
}
