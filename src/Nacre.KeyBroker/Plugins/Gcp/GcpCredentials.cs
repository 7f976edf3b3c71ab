using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Gcp;

/// <summary>
/// Access tokens of Google Cloud: for the key of a service account in the file that <c>GOOGLE_APPLICATION_CREDENTIALS</c> names (RFC 7523,
/// RS256), else from the metadata service of the machine.
/// </summary>
internal sealed class GcpCredentials : IDisposable
{
    private const string Backend = GcpBackend.Name;
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";
    private const string TokenPath = "/computeMetadata/v1/instance/service-accounts/default/token";

    private readonly BackendSettings _settings;
    private readonly BackendHttp _http;

    public GcpCredentials(BackendSettings settings, BackendHttp http)
    {
        (_settings, _http) = (settings, http);
        Tokens = new AccessTokens<string>(FetchAsync, settings.Clock);
    }

    public AccessTokens<string> Tokens { get; }

    public void Dispose() => Tokens.Dispose();

    private async ValueTask<AccessToken<string>> FetchAsync(CancellationToken cancel)
    {
        if (_settings.Variable("GOOGLE_APPLICATION_CREDENTIALS") is { } file)
        {
            var (url, assertion) = Assertion(file, await BackendSettings.ReadCredentialAsync(Backend, file, cancel));
            return await OAuth.PostAsync(
                _http, url,
                new Dictionary<string, string>
                {
                    ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    ["assertion"] = assertion,
                },
                _settings.Clock, cancel);
        }

        var host = _settings.Variable("GCE_METADATA_HOST") ?? "metadata.google.internal";
        return Uri.TryCreate($"http://{host}{TokenPath}", UriKind.Absolute, out var service)
            ? await OAuth.AskMachineAsync(_http, service, "Metadata-Flavor", "Google", _settings.Clock, cancel)
            : throw new BackendException($"{Backend}: GCE_METADATA_HOST is no host");
    }

    private (Uri Url, string Assertion) Assertion(string file, string text)
    {
        try
        {
            var json = Encoding.UTF8.GetBytes(text);
            using var document = StrictJson.Parse(json, Backend, json.Length);
            var fields = new JsonFields(Backend, document.RootElement);
            if (fields.Text("type", 64) != "service_account")
                throw new BackendException($"{Backend}: '{file}' is not of type service_account, which is the one that is known here");
            var address = fields.Text("token_uri", 1024);
            if (BackendHttp.FindAddress(address) is null)
                throw new BackendException($"{Backend}: token_uri in '{file}' is no https address");

            using var key = JwtSigningKey.FromPem(fields.Text("private_key"));
            if (key.Algorithm != JwtSigningKey.Rs256)
                throw new BackendException($"{Backend}: the key in '{file}' is not of RSA");
            var now = _settings.Clock.GetUtcNow().ToUnixTimeSeconds();
            var header = new JsonObject { ["alg"] = key.Algorithm, ["typ"] = "JWT", ["kid"] = fields.Text("private_key_id", 256) };
            var payload = new JsonObject
            {
                ["iss"] = fields.Text("client_email", 256),
                ["scope"] = Scope,
                ["aud"] = address,
                ["iat"] = now,
                ["exp"] = now + 3600,
            };
            return (new Uri(address), key.Sign(JsonText.Utf8(header), JsonText.Utf8(payload)));
        }
        catch (Exception e) when (e is MalformedDataException or CryptographicException)
        {
            // Their messages could hold a piece of the key.
            throw new BackendException($"{Backend}: '{file}' is no key of a service account in JSON");
        }
    }
}
