using System.Text;
using System.Text.Json;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Azure;

/// <summary>
/// Resources in Azure Key Vault (REST 7.4, Get Secret), read-only: the newest version of the secret that is named as the whole path, where
/// <c>--</c> stands for a slash, and a hyphen with two hexadecimal digits for any other character but small letters and digits: Key
/// Vault does not tell large letters from small ones.
/// </summary>
internal sealed class AzureBackend : IResourceBackend
{
    public const string Name = "Azure";
    private const int MaxName = 127;
    private const string Version = "api-version=7.4";

    private readonly BackendHttp _http;
    private readonly AzureCredentials _credentials;
    private readonly Uri _url;
    private readonly bool _isBase64;
    private readonly NameTemplate _names;

    private AzureBackend(BackendSettings settings)
    {
        var fields = settings.Fields;
        settings.Only("vault_url", "encoding");
        _url = BackendHttp.Address(fields, "vault_url", fields.Text("vault_url", 1024));
        _isBase64 = (fields.FindText("encoding", 16) ?? "text") switch
        {
            "text" => false,
            "base64" => true,
            _ => throw fields.Malformed("encoding", "must be text or base64: Key Vault keeps text"),
        };
        _names = NameTemplate.Read(fields, uri => NameTemplate.Escaped(uri, '-', c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)));
        _http = new BackendHttp(Name, settings.Clock);
        _credentials = new AzureCredentials(settings, _http, _url);
    }

    string IResourceBackend.Type => Name;

    public static IResourceBackend Open(BackendSettings settings) => new AzureBackend(settings);

    public async ValueTask<byte[]?> FindAsync(ResourceUri uri, CancellationToken cancel)
    {
        var name = _names.NameOf(uri);
        if (name.Length > MaxName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new BackendException(
                $"{Name}: '{name}' is no name of 1 to {MaxName} letters, digits and hyphens; give other names with {NameTemplate.Key}");
        }

        return await OAuth.ReadAsync(
            _http, new Uri(_url, $"secrets/{name}?{Version}"), _credentials.Tokens, "code",
            "the identity needs the permission to get secrets, and the secret must be enabled", Value, cancel);
    }

    public void Dispose()
    {
        _credentials.Dispose();
        _http.Dispose();
    }

    private byte[] Value(JsonElement root)
    {
        byte[]? bytes = null;
        if (root.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.String)
        {
            if (!_isBase64)
                bytes = Encoding.UTF8.GetBytes(value.GetString()!);
            else if (!value.TryGetBytesFromBase64(out bytes))
                throw new BackendException($"{Name}: the secret is not base64, which encoding says it is");
        }

        return bytes is { Length: <= KbsProtocol.MaxMessageBytes } ? bytes
            : throw new BackendException($"{Name}: the answer holds no secret, or one that is too large");
    }
}
