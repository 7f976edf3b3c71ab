using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Gcp;

/// <summary>
/// Resources in Google Cloud Secret Manager (REST v1, secrets.versions.access), read-only: the newest version of the secret that is named
/// as the whole path (trust.md 2.3), where <c>__</c> stands for a slash, <c>_</c> and two hexadecimal digits for any other character but
/// letters, digits and hyphens.
/// </summary>
internal sealed class GcpBackend : IResourceBackend
{
    public const string Name = "Gcp";
    private const int MaxName = 255;

    private readonly BackendHttp _http;
    private readonly GcpCredentials _credentials;
    private readonly Uri _url;
    private readonly string _project;
    private readonly NameTemplate _names;

    private GcpBackend(BackendSettings settings)
    {
        var fields = settings.Fields;
        settings.Only("project_id", "endpoint_url");
        _project = fields.Text("project_id", 64);
        if (_project.Length == 0 || !_project.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or ':' or '.') || _project.StartsWith('.'))
            throw fields.Malformed("project_id", "must be the id or the number of a project");
        _url = BackendHttp.Address(
            fields, "endpoint_url", fields.FindText("endpoint_url", 1024) ?? "https://secretmanager.googleapis.com");
        _names = NameTemplate.Read(fields, uri => NameTemplate.Escaped(uri, '_', c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        _http = new BackendHttp(Name, settings.Clock);
        _credentials = new GcpCredentials(settings, _http);
    }

    string IResourceBackend.Type => Name;

    public static IResourceBackend Open(BackendSettings settings) => new GcpBackend(settings);

    public async ValueTask<byte[]?> FindAsync(ResourceUri uri, CancellationToken cancel)
    {
        var name = _names.NameOf(uri);
        if (name.Length > MaxName || name.Contains('/', StringComparison.Ordinal))
        {
            throw new BackendException(
                $"{Name}: '{name}' is longer than {MaxName} characters or has a slash; give other names with {NameTemplate.Key}");
        }

        return await OAuth.ReadAsync(
            _http, new Uri(_url, $"v1/projects/{_project}/secrets/{Uri.EscapeDataString(name)}/versions/latest:access"), _credentials.Tokens, "status",
            "the account needs secretmanager.versions.access on the secret, and its newest version must be enabled", Payload, cancel);
    }

    public void Dispose()
    {
        _credentials.Dispose();
        _http.Dispose();
    }

    private static byte[] Payload(JsonElement root)
    {
        if (!root.TryGetProperty("payload", out var payload) || payload.ValueKind != JsonValueKind.Object
            || !payload.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.String
            || !data.TryGetBytesFromBase64(out var bytes) || bytes.Length > KbsProtocol.MaxMessageBytes)
            throw new BackendException($"{Name}: the answer holds no secret, or one that is too large");

        // int64 is text in Google's JSON.
        if (payload.TryGetProperty("dataCrc32c", out var sum)
            && !(sum.ValueKind == JsonValueKind.String && sum.GetString() == Crc32C(bytes).ToString(CultureInfo.InvariantCulture)))
            throw new BackendException($"{Name}: the secret was damaged on its way (dataCrc32c); ask again");
        return bytes;
    }

    private static uint Crc32C(byte[] bytes)
    {
        var sum = uint.MaxValue;
        foreach (var one in bytes)
            sum = BitOperations.Crc32C(sum, one);
        return ~sum;
    }
}
