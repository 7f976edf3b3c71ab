using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Peers;
using Nacre.Formats.X509;
using Nacre.KeyBroker.Http;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.Plugin;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>A plugin in another process and another language decides who may ask, and never more than it was asked.</summary>
[Trait("Group", "TrustPlugins")]
public sealed class ExternalPluginTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guest_is_answered_encrypted_or_not_as_the_plugin_says()
    {
        using var plugin = await PythonPlugin.StartAsync();
        await using var stage = await StartAsync(plugin);
        using var guest = stage.Guest();

        var echo = await stage.GuestAsync(guest, HttpMethod.Get, "external/py/echo/deep?a=b%20c");
        Assert.Equal("""{"body": "", "method": "GET", "path": ["echo", "deep"], "query": {"a": "b c"}}""", Encoding.UTF8.GetString(echo));
        Assert.Equal(2, (int)(await CallsAsync(stage, guest))["Handle"]!);
    }

    [Fact]
    public async Task An_administrator_changes_what_the_plugin_says_is_for_administrators()
    {
        using var plugin = await PythonPlugin.StartAsync();
        await using var stage = await StartAsync(plugin);
        using var http = stage.Trust.RawClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/kbs/v0/external/py/echo") { Content = new StringContent("text") };
        request.Headers.Authorization = new("Bearer", stage.Trust.AdminToken);
        using var reply = await http.SendAsync(request, Cancel);

        Assert.Equal("text", (string?)JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel))!["body"]);

        // Its content type would have added a header.
        Assert.Equal("application/octet-stream", reply.Content.Headers.ContentType!.MediaType);
        Assert.False(reply.Headers.Contains("X"));
    }

    [Fact]
    public async Task Who_shows_nothing_is_refused_before_the_plugin_is_asked_and_who_shows_the_wrong_thing_before_it_acts()
    {
        using var plugin = await PythonPlugin.StartAsync();
        await using var stage = await StartAsync(plugin);
        using var guest = stage.Guest();
        var before = await CallsAsync(stage, guest);
        using var http = stage.Trust.RawClient();
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete])
        {
            using var request = new HttpRequestMessage(method, "/kbs/v0/external/py/echo");
            Assert.Equal(401, (await HandshakeMessages.ErrorAsync(await http.SendAsync(request, Cancel))).Status);
        }

        var between = await CallsAsync(stage, guest);
        Assert.Equal((int)before["ValidateAuth"]! + 1, (int)between["ValidateAuth"]!);

        Assert.Equal(401, (await stage.AdminAsync(HttpMethod.Get, "external/py/echo")).Status);
        Assert.Equal(401, (await stage.AdminAsync(HttpMethod.Post, "external/py/echo", [1], "x")).Status);
        var viewer = (string)(await stage.Trust.Admin.CreateTokenAsync(new JsonObject { ["role"] = "viewer", ["seconds"] = 60 }, Cancel))["token"]!;
        Assert.Equal(403, (await stage.AdminAsync(HttpMethod.Post, "external/py/echo", [1], viewer)).Status);
        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Post, "external/py/echo", [1]));
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.Status);
        Assert.Equal((int)between["Handle"]! + 1, (int)(await CallsAsync(stage, guest))["Handle"]!);
    }

    [Fact]
    public async Task A_plugin_that_decides_otherwise_when_it_sees_the_body_is_not_followed()
    {
        using var plugin = await PythonPlugin.StartAsync();
        await using var stage = await StartAsync(plugin);
        using var guest = stage.Guest();

        Assert.Equal(403, (await stage.AdminAsync(HttpMethod.Post, "external/py/flip", [65])).Status);
        Assert.Equal(200, (await stage.AdminAsync(HttpMethod.Post, "external/py/flip")).Status);
        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Get, "external/py/flip", [65]));
        Assert.Equal(HttpStatusCode.Forbidden, refusal.Status);
        Assert.NotEmpty(await stage.GuestAsync(guest, HttpMethod.Get, "external/py/flip"));
    }

    [Theory]
    [InlineData("status/204", 200)]
    [InlineData("status/404", 404)]
    [InlineData("status/409", 400)]
    [InlineData("status/500", 502)]
    [InlineData("status/302", 502)]
    [InlineData("abort/NOT_FOUND", 404)]
    [InlineData("abort/INTERNAL", 502)]
    [InlineData("slow", 503)]
    public async Task Failures_of_a_plugin_say_what_they_are_and_nothing_of_its_inside(string path, int status)
    {
        using var plugin = await PythonPlugin.StartAsync();
        await using var stage = await StartAsync(plugin, ", timeout_ms = 3000");
        var (actual, body) = await stage.AdminAsync(HttpMethod.Post, $"external/py/{path}");

        Assert.Equal(status, actual);
        Assert.Equal(status == 200, Encoding.UTF8.GetString(body).Contains("inside", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Policy_sees_the_backend_and_what_it_denies_is_not_handled()
    {
        using var plugin = await PythonPlugin.StartAsync();
        await using var stage = await StartAsync(plugin);
        await stage.Trust.Admin.SetPolicyAsync(
            PolicyKind.Resource, null,
            """
            package policy

            default allow := false

            allow if {
                data.plugin == "external"
                data["resource-path"] == ["py", "plain", "calls"]
            }
            """,
            Cancel);
        using var guest = stage.Guest();
        var before = await CallsAsync(stage, guest);

        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Get, "external/py/echo"));
        Assert.Equal(KbsFailure.Denied, refusal.Failure);
        Assert.Equal((int)before["Handle"]! + 1, (int)(await CallsAsync(stage, guest))["Handle"]!);
    }

    [Fact]
    public async Task The_server_waits_for_a_plugin_that_comes_late_and_measures_its_calls()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        var starting = PluginStage.StartAsync(Settings($"http://127.0.0.1:{port}"));
        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        Assert.False(starting.IsCompleted);
        using var plugin = await PythonPlugin.StartAsync(port);
        await using var stage = await starting;
        Assert.Equal(200, (await stage.AdminAsync(HttpMethod.Post, "external/py/echo")).Status);

        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(stage.Trust.Server.MetricsUrl!, "/metrics"), Cancel);
        Assert.Contains("nacre_plugin_call_duration_seconds_count", metrics, StringComparison.Ordinal);
        Assert.Contains("nacre_plugin_backend=\"py\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_tls_the_plugin_must_have_a_certificate_of_the_given_authority()
    {
        var folder = Directory.CreateTempSubdirectory("nacre-plugin-tls-").FullName;
        try
        {
            using var authority = OwnCertificateAuthority.Create("plugins", DateTimeOffset.UtcNow);
            using var other = OwnCertificateAuthority.Create("plugins", DateTimeOffset.UtcNow);
            using var server = OwnCertificateAuthority.IssueServer(authority, ["localhost", "127.0.0.1"], DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
            using var key = server.GetECDsaPrivateKey()!;
            var (ca, certificate, keyFile) = (Path.Combine(folder, "ca.pem"), Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
            await File.WriteAllTextAsync(ca, authority.ExportCertificatePem(), Cancel);
            await File.WriteAllTextAsync(certificate, server.ExportCertificatePem(), Cancel);
            await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), Cancel);
            using var plugin = await PythonPlugin.StartAsync(tls: (certificate, keyFile));

            await using (var stage = await PluginStage.StartAsync(Settings($"https://127.0.0.1:{plugin.Port}", $", ca_cert_path = \"{ca}\"")))
                Assert.Equal(200, (await stage.AdminAsync(HttpMethod.Post, "external/py/echo")).Status);

            using var distrusting = new GrpcClient(new Uri($"https://127.0.0.1:{plugin.Port}"), new X509Certificate2Collection(other));
            var refusal = await Assert.ThrowsAsync<RpcException>(() => distrusting.CallAsync(
                "kbs.plugin.v1.KbsPlugin", "Handle", new PluginRequest { Path = { "echo" } }, PluginResponse.Parser, TimeSpan.FromSeconds(10), Cancel));
            Assert.Equal(RpcCode.Unavailable, refusal.Code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Its_routes_are_decided_for_each_request_and_nobody_has_that_access_by_role()
    {
        using var plugin = await PythonPlugin.StartAsync();
        await using var stage = await StartAsync(plugin);
        var routes = stage.Trust.Server.Routes.Where(route => route.Template.StartsWith("kbs/v0/external/", StringComparison.Ordinal)).ToList();

        Assert.Equal(["GET", "POST", "PUT", "DELETE"], routes.Select(route => route.Method));
        Assert.All(routes, route => Assert.Equal(("kbs/v0/external/py/{**path}", Access.Decided), (route.Template, route.Access)));
        Assert.All(routes, route => Assert.NotNull(route.Decide));
        Assert.All(
            stage.Trust.Server.Routes.Except(routes), route => Assert.True(route.Decide is null && route.Access != Access.Decided));
    }

    private static Task<PluginStage> StartAsync(PythonPlugin plugin, string more = "") =>
        PluginStage.StartAsync(Settings($"http://127.0.0.1:{plugin.Port}", more));

    private static string Settings(string endpoint, string more = "") =>
        $$"""
        name = "external"
        backends = [ { name = "py", endpoint = "{{endpoint}}"{{more}} } ]
        """;

    // Its own call is among those that it counts.
    private static async Task<JsonObject> CallsAsync(PluginStage stage, KbsClient guest)
    {
        var session = await guest.AttestAsync(Cancel);
        using var transport = stage.Trust.Connect();
        var reply = await transport.SendAsync(HttpMethod.Get, "external/py/plain/calls", null, null, session.Credential, Cancel);
        return JsonNode.Parse(reply.Body)!.AsObject();
    }
}
