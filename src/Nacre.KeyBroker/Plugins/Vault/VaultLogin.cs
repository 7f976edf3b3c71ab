using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Vault;

/// <summary>
/// The token of a client of Vault: as it is given, from a file or a variable, or by logging in with an AppRole or with the token of a
/// Kubernetes service account.
/// </summary>
internal sealed class VaultLogin : IDisposable
{
    public static readonly string[] Keys =
        ["token", "token_file", "token_env", "auth", "auth_mount", "role_id", "secret_id_file", "role", "jwt_file"];

    private const string Backend = VaultBackend.Name;
    private const string KubernetesToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    private readonly BackendSettings _settings;
    private readonly BackendHttp _http;
    private readonly Uri _url;
    private readonly string? _namespace;
    private readonly string _auth;
    private readonly string _mount;
    private readonly AccessTokens<string> _tokens;

    public VaultLogin(BackendSettings settings, BackendHttp http, Uri url, string? vaultNamespace)
    {
        (_settings, _http, _url, _namespace) = (settings, http, url, vaultNamespace);
        var fields = settings.Fields;
        var given = Keys[..4].Where(key => fields.Find(key) is not null).ToList();
        if (given.Count != 1)
            throw fields.Malformed("token", $"or one of {string.Join(", ", Keys[1..4])} must be given, and only one");

        _auth = given[0] == "auth" ? fields.Text("auth", 32) : given[0];
        foreach (var key in Required())
            _ = fields.Text(key, 16 * 1024);
        _mount = MountPath(fields, "auth_mount", _auth);
        _tokens = new AccessTokens<string>(LogInAsync, settings.Clock);
    }

    /// <summary>A path of Vault without slashes around it.</summary>
    public static string MountPath(JsonFields fields, string name, string otherwise)
    {
        var path = (fields.FindText(name, 256) ?? otherwise).Trim('/');
        return path.Length > 0 && Array.TrueForAll(path.Split('/'), part =>
            part is not ("" or "." or "..") && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            ? path : throw fields.Malformed(name, "must be names of a-z A-Z 0-9 - _ . with slashes between");
    }

    public static HttpContent Json(JsonObject body)
    {
        var content = new ByteArrayContent(JsonText.Utf8(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    /// <exception cref="BackendException">There is no token to be had.</exception>
    public async ValueTask AuthenticateAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        AddNamespace(request);
        request.Headers.Add("X-Vault-Token", await TokenAsync(cancel));
    }

    /// <summary>The service no longer takes what it gave.</summary>
    public void Forget() => _tokens.Forget();

    public void Dispose() => _tokens.Dispose();

    private string[] Required() => _auth switch
    {
        "approle" => ["role_id", "secret_id_file"],
        "kubernetes" => ["role"],
        "token" or "token_file" or "token_env" => [_auth],
        _ => throw _settings.Fields.Malformed("auth", "must be approle or kubernetes"),
    };

    private async ValueTask<string> TokenAsync(CancellationToken cancel)
    {
        var token = _auth switch
        {
            "token" => _settings.Fields.Text("token"),
            "token_file" => await BackendSettings.ReadCredentialAsync(Backend, _settings.Fields.Text("token_file"), cancel),
            "token_env" => _settings.Environment(_settings.Fields.Text("token_env"))
                ?? throw new BackendException($"{Backend}: the variable {_settings.Fields.Text("token_env")} is not set"),
            _ => await _tokens.GetAsync(cancel),
        };
        return token.Length > 0 && token.All(c => c is > ' ' and < '\x7f') ? token
            : throw new BackendException($"{Backend}: the token is empty or has characters that no token has");
    }

    private async ValueTask<AccessToken<string>> LogInAsync(CancellationToken cancel)
    {
        var body = _auth == "approle"
            ? new JsonObject
            {
                ["role_id"] = _settings.Fields.Text("role_id"),
                ["secret_id"] = await BackendSettings.ReadCredentialAsync(Backend, _settings.Fields.Text("secret_id_file"), cancel),
            }
            : new JsonObject
            {
                ["role"] = _settings.Fields.Text("role"),
                ["jwt"] = await BackendSettings.ReadCredentialAsync(
                    Backend, _settings.Fields.FindText("jwt_file") ?? KubernetesToken, cancel),
            };
        var now = _settings.Clock.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_url, $"v1/auth/{_mount}/login")) { Content = Json(body) };
        AddNamespace(request);
        var answer = await _http.SendAsync(request, cancel);
        if (!answer.IsDone)
            throw answer.Failure(null, $"the login with {_auth} at auth/{_mount} was refused");

        using var document = answer.ParseObject();
        return document.RootElement.TryGetProperty("auth", out var auth) && auth.ValueKind == JsonValueKind.Object
            && auth.TryGetProperty("client_token", out var token) && token.ValueKind == JsonValueKind.String
            && auth.TryGetProperty("lease_duration", out var lease) && lease.ValueKind == JsonValueKind.Number
            && lease.TryGetInt32(out var seconds) && seconds >= 0
            ? new AccessToken<string>(token.GetString()!, now.AddSeconds(seconds == 0 ? int.MaxValue : seconds))
            : throw new BackendException($"{Backend}: the answer to the login has no token");
    }

    private void AddNamespace(HttpRequestMessage request)
    {
        if (_namespace is not null)
            request.Headers.Add("X-Vault-Namespace", _namespace);
    }
}
