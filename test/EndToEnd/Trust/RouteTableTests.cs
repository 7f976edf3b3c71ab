using System.Text;
using Nacre.Client;
using Nacre.Evidence.Protocol;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Who may use which route. A route that is not here fails the test: add it with its authorisation.</summary>
[Trait("Group", "TrustProtocol")]
public sealed class RouteTableTests
{
    private static readonly string[] s_expected =
    [
        "POST kbs/v0/auth Public",
        "POST kbs/v0/attest Public",
        "GET kbs/v0/resource/{**path} Guest",
        "POST kbs/v0/resource/{**path} WriteSecret",
        "DELETE kbs/v0/resource/{**path} WriteSecret",
        "GET kbs/v0/admin/resources View",
        "POST kbs/v0/attestation-policy WritePolicy",
        "POST kbs/v0/resource-policy WritePolicy",
        "GET kbs/v0/resource-policy View",
        "GET kbs/v0/admin/policies View",
        "GET kbs/v0/admin/policies/{kind}/{**id} View",
        "POST kbs/v0/admin/policies/{kind}/{**id} WritePolicy",
        "DELETE kbs/v0/admin/policies/{kind}/{**id} WritePolicy",
        "GET kbs/v0/admin/policy-history/{kind}/{**id} View",
        "POST kbs/v0/admin/policy-rollback/{kind}/{**id} WritePolicy",
        "GET kbs/v0/admin/proposals View",
        "GET kbs/v0/admin/proposals/{id} View",
        "POST kbs/v0/admin/proposals/{id}/approve WritePolicy",
        "POST kbs/v0/admin/proposals/{id}/reject WritePolicy",
        "POST kbs/v0/admin/policy-dry-run/{kind}/{**id} View",
        "POST kbs/v0/reference-value WritePolicy",
        "GET kbs/v0/reference-value/{**id} View",
        "GET kbs/v0/admin/reference-values View",
        "GET kbs/v0/admin/reference-values/{name} View",
        "DELETE kbs/v0/admin/reference-values/{name} WritePolicy",
        "GET .well-known/jwks.json Public",
        "GET .well-known/openid-configuration Public",
        "GET kbs/v0/admin/token-keys View",
        "POST kbs/v0/admin/token-keys Administer",
        "DELETE kbs/v0/admin/token-keys/{kid} Administer",
        "GET kbs/v0/admin/attempts View",
        "GET kbs/v0/admin/attempts/{id} View",
        "POST kbs/v0/admin/tokens Administer",
        "GET kbs/v0/admin/audit ReadAudit",
        "GET kbs/v0/admin/audit/heads ReadAudit",
        "GET kbs/v0/admin/tenants ManageTenants",
        "POST kbs/v0/admin/tenants/{tenant} ManageTenants",
        "DELETE kbs/v0/admin/tenants/{tenant} ManageTenants",
        "POST kbs/v0/admin/tenants/{tenant}/tokens ManageTenants",
        "GET healthz Public",
        "GET readyz Public",
    ];

    [Fact]
    public async Task Every_route_and_its_authorisation_is_written_down()
    {
        await using var stage = await TrustStage.StartAsync();

        Assert.Equal(s_expected, stage.Server.Routes.Select(route => $"{route.Method} {route.Template} {route.Access}"));
    }

    [Fact]
    public async Task No_admin_route_serves_without_the_token()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var http = stage.RawClient();
        using var guest = stage.SampleGuest();
        var attestationToken = (await guest.AttestAsync(TestContext.Current.CancellationToken)).Token;
        foreach (var route in s_expected.Select(line => line.Split(' ')).Where(parts => parts[2] is not ("Public" or "Guest")))
        {
            var path = route[1].Replace("{kind}/{**id}", "resource/resource-policy", StringComparison.Ordinal).Replace("{**path}", "default/key/1", StringComparison.Ordinal)
                .Replace("{**id}", "svn", StringComparison.Ordinal).Replace("{name}", "svn", StringComparison.Ordinal)
                .Replace("{id}", "x", StringComparison.Ordinal).Replace("{kid}", "x", StringComparison.Ordinal);
            foreach (var authorization in (string?[])[null, "", "Bearer", "Bearer ", "Bearer x", $"Basic {stage.AdminToken}", $"Bearer {stage.AdminToken}x", $"Bearer {attestationToken}"])
            {
                using var request = new HttpRequestMessage(new HttpMethod(route[0]), $"/{path}");
                if (authorization is not null)
                    request.Headers.TryAddWithoutValidation("Authorization", authorization);
                if (route[0] == "POST")
                    request.Content = new StringContent("{}", Encoding.UTF8);
                Assert.Equal((401, ErrorTypes.AdminAuthAccess), await HandshakeMessages.ErrorAsync(await http.SendAsync(request)));
            }
        }

        using var secret = await guest.GetResourceAsync(TrustStage.Secret, TestContext.Current.CancellationToken);
        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Theory]
    [InlineData("attestation-policy", """{"policy_id":"../x","policy":"cGFja2FnZSBwb2xpY3k"}""")]
    [InlineData("attestation-policy", """{"policy_id":"x"}""")]
    [InlineData("attestation-policy", """{"policy_id":"x","policy":"not base64!"}""")]
    [InlineData("attestation-policy", """{"policy_id":"x","policy":"_w"}""")]
    [InlineData("resource-policy", """{"policy":""}""")]
    [InlineData("resource-policy", """{"policy":"cGFja2FnZSBwb2xpY3k","policy_id":"x"}""")]
    [InlineData("reference-value", """{"version":"0.2.0","type":"sample","payload":"e30="}""")]
    [InlineData("reference-value", """{"type":"sample","payload":"e30="}""")]
    [InlineData("reference-value", """{"type":"sample","payload":"W10="}""")]
    [InlineData("reference-value", """{"type":"swid","payload":"e30="}""")]
    [InlineData("reference-value", """{"type":"sample","payload":"eyJhIjoxLCJhIjoyfQ=="}""")]
    public async Task Bad_admin_messages_are_400(string path, string body)
    {
        await using var stage = await TrustStage.StartAsync();
        using var transport = stage.Connect();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => transport.SendAsync(
            HttpMethod.Post, path, Encoding.UTF8.GetBytes(body), null, KbsCredential.Bearer(stage.AdminToken), TestContext.Current.CancellationToken));

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, refusal.Status);
    }
}
