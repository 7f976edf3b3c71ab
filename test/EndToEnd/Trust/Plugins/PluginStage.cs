using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Formats.Jose;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Plugins;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>A trust server with plugins, its administrator as plain HTTP, and a guest whose appraisal is affirming.</summary>
internal sealed class PluginStage : IAsyncDisposable
{
    private readonly HttpClient _http;

    private PluginStage(TrustStage trust) => (Trust, _http) = (trust, trust.RawClient());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TrustStage Trust { get; }

    /// <param name="toml">One table of settings, without its head.</param>
    /// <param name="directory">Shared with another stage; null makes one.</param>
    public static async Task<PluginStage> StartAsync(string toml, string? directory = null)
    {
        var settings = PluginSettings.Parse($"[[plugins]]\n{toml}\n", "plugins.toml");
        var trust = await TrustStage.StartAsync(directory: directory, metrics: true, broker: new BrokerOptions { Plugins = settings });
        await trust.AffirmSampleAsync();
        return new PluginStage(trust);
    }

    /// <summary>As the administrator, or with another token.</summary>
    public async Task<(int Status, byte[] Body)> AdminAsync(HttpMethod method, string path, byte[]? body = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, $"/kbs/v0/{path}");
        request.Headers.Authorization = new("Bearer", token ?? Trust.AdminToken);
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        using var reply = await _http.SendAsync(request, Cancel);
        return ((int)reply.StatusCode, await reply.Content.ReadAsByteArrayAsync(Cancel));
    }

    public async Task<JsonObject> AdminJsonAsync(HttpMethod method, string path, string? body = null)
    {
        var (status, answer) = await AdminAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body));
        Assert.Equal((200, ""), (status, status == 200 ? "" : Encoding.UTF8.GetString(answer)));
        return JsonNode.Parse(answer)!.AsObject();
    }

    /// <summary>A guest with init-data that says this of it; null for none.</summary>
    public KbsClient Guest(string? initDataLine = null) => Trust.SampleGuest(initDataLine is null ? null : new KbsClientOptions
    {
        InitData = $"version = \"0.1.0\"\nalgorithm = \"sha384\"\n\n[data]\n{initDataLine}\n",
    });

    /// <summary>What the plugin answers the guest to a body, decrypted with the guest's key.</summary>
    public async Task<byte[]> GuestAsync(KbsClient guest, HttpMethod method, string path, byte[]? body = null)
    {
        var session = await guest.AttestAsync(Cancel);
        using var transport = Trust.Connect();
        var reply = await transport.SendAsync(method, path, body, null, session.Credential, Cancel);
        using var plain = JsonWebEncryption.Decrypt(session.Key, reply.Body);
        return plain.Reveal().ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Trust.DisposeAsync();
    }
}
