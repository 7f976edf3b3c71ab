using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Vault;

/// <summary>
/// Resources in the key-value engine of Vault or OpenBao, version 1 or 2: member <c>data</c> of the secret at
/// <c>MOUNT/repository/type/tag</c> (trust.md 2.3). Certificates are verified unless <c>verify_ssl</c> is false, where upstream verifies
/// only if it is true.
/// </summary>
internal sealed class VaultBackend : IResourceBackend
{
    public const string Name = "Vault";
    private const string Member = "data";

    private readonly BackendHttp _http;
    private readonly VaultLogin _login;
    private readonly Uri _url;
    private readonly string _mount;
    private readonly bool _isVersion2;
    private readonly NameTemplate _names;

    private VaultBackend(BackendSettings settings)
    {
        var fields = settings.Fields;
        settings.Only([.. VaultLogin.Keys, "vault_url", "mount_path", "kv_version", "namespace", "verify_ssl", "ca_certs"]);
        _url = BackendHttp.Address(fields, "vault_url", fields.Text("vault_url", 1024));
        _mount = VaultLogin.MountPath(fields, "mount_path", "secret");
        _isVersion2 = fields.Find("kv_version") is { } version
            && (version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) && number is 1 or 2
                ? version.GetInt32() == 2 : throw fields.Malformed("kv_version", "must be 1 or 2"));
        _names = NameTemplate.Read(fields, NameTemplate.WholePath);
        var roots = settings.Authorities("ca_certs");
        _http = new BackendHttp(Name, settings.Clock, roots, settings.Boolean("verify_ssl", true));
        _login = new VaultLogin(settings, _http, _url, fields.FindText("namespace", 256));
    }

    string IResourceBackend.Type => Name;

    public static IResourceBackend Open(BackendSettings settings) => new VaultBackend(settings);

    public async ValueTask<byte[]?> FindAsync(ResourceUri uri, CancellationToken cancel)
    {
        var answer = await SendAsync(HttpMethod.Get, _isVersion2 ? "data" : null, uri, null, cancel);
        if (answer.Status == 404)
            return null;
        Require(answer);

        using var document = answer.ParseObject();
        var data = MemberOf(document.RootElement, "data");
        if (_isVersion2 && data is { } versioned)
            data = MemberOf(versioned, "data");
        if (data is null or { ValueKind: JsonValueKind.Null })
            return null;
        return Value(MemberOf(data.Value, Member)
            ?? throw new BackendException($"{Name}: the secret has no member '{Member}'; write it with that member, as upstream does"));
    }

    public async ValueTask SetAsync(ResourceUri uri, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        // Text stays text: an array of numbers, which upstream always writes, has four times the size. Both are read back alike.
        JsonNode stored = Utf8.IsValid(value.Span)
            ? Encoding.UTF8.GetString(value.Span) : new JsonArray([.. value.ToArray().Select(one => (JsonNode)one)]);
        var secret = new JsonObject { [Member] = stored };
        Require(await SendAsync(
            HttpMethod.Post, _isVersion2 ? "data" : null, uri, _isVersion2 ? new JsonObject { ["data"] = secret } : secret, cancel));
    }

    /// <summary>With version 2 all versions go: a secret that could be brought back would not be deleted.</summary>
    public async ValueTask<bool> DeleteAsync(ResourceUri uri, CancellationToken cancel)
    {
        if (await FindAsync(uri, cancel) is null)
            return false;
        Require(await SendAsync(HttpMethod.Delete, _isVersion2 ? "metadata" : null, uri, null, cancel));
        return true;
    }

    public void Dispose()
    {
        _login.Dispose();
        _http.Dispose();
    }

    private async ValueTask<BackendAnswer> SendAsync(
        HttpMethod method, string? kind, ResourceUri uri, JsonObject? body, CancellationToken cancel)
    {
        var name = string.Join('/', _names.NameOf(uri).Split('/').Select(Uri.EscapeDataString));
        var path = kind is null ? $"v1/{_mount}/{name}" : $"v1/{_mount}/{kind}/{name}";
        using var request = new HttpRequestMessage(method, new Uri(_url, path));
        if (body is not null)
            request.Content = VaultLogin.Json(body);
        await _login.AuthenticateAsync(request, cancel);
        var answer = await _http.SendAsync(request, cancel);
        if (answer.Status == 403)
            _login.Forget();
        return answer;
    }

    private static void Require(BackendAnswer answer)
    {
        if (!answer.IsDone)
        {
            throw answer.Failure(null, answer.Status switch
            {
                403 => "the token has ended, or its policy does not allow this path",
                404 or 405 => "is mount_path right, and kv_version that of the engine?",
                503 => "it is sealed or in maintenance",
                _ => "its own log says why",
            });
        }
    }

    private static JsonElement? MemberOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    // trust.md 2.3: text is its bytes, an array of numbers is bytes, everything else is itself.
    private static byte[] Value(JsonElement data)
    {
        var value = data.ValueKind switch
        {
            JsonValueKind.String => Encoding.UTF8.GetBytes(data.GetString()!),
            JsonValueKind.Array when data.EnumerateArray().All(one => one.ValueKind == JsonValueKind.Number && one.TryGetByte(out _)) =>
                data.EnumerateArray().Select(one => one.GetByte()).ToArray(),
            _ => Encoding.UTF8.GetBytes(data.GetRawText()),
        };
        return value.Length <= KbsProtocol.MaxMessageBytes ? value
            : throw new BackendException($"{Name}: the secret is larger than {KbsProtocol.MaxMessageBytes} bytes");
    }
}
