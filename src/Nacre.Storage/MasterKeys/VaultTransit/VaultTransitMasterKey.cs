using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Storage.Encryption;

namespace Nacre.Storage.MasterKeys.VaultTransit;

/// <summary>
/// <c>vault-transit:https://HOST/MOUNT/KEY</c>: a key of the transit secrets engine of HashiCorp Vault or OpenBao, of an AEAD type
/// (aes256-gcm96, the default, or chacha20-poly1305): what a data key is for is given as associated data. The token is read for every
/// request, so that an agent may renew it in its file.
/// </summary>
public sealed class VaultTransitMasterKey : IMasterKey
{
    private const string Form = "vault-transit:https://HOST:8200/MOUNT/KEY";

    private readonly KeyService _service;
    private readonly Func<string, string?> _variable;
    private readonly Uri _mount;
    private readonly string _key;

    private VaultTransitMasterKey(Uri mount, string key, MasterKeySurroundings surroundings)
    {
        (_mount, _key, _variable) = (mount, key, surroundings.Variable);
        _service = new KeyService($"Vault at {mount.Authority}", surroundings.Variable("VAULT_CACERT"), surroundings.Clock);
    }

    public static MasterKeySource Source { get; } =
        new("vault-transit", Form, (address, surroundings, _) => ValueTask.FromResult<IMasterKey>(Open(address, surroundings)));

    public string Id => $"vault-transit:{_mount}{_key}";

    public async ValueTask<byte[]> WrapAsync(SecretBytes dataKey, ReadOnlyMemory<byte> context, CancellationToken cancel)
    {
        var body = Body("plaintext", Convert.ToBase64String(dataKey.Reveal()), context.Span);
        try
        {
            return await PostAsync("encrypt", body, data => Encoding.ASCII.GetBytes(data.Text("ciphertext", WrappedKey.MaxBytes)), cancel);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    public async ValueTask<SecretBytes> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, CancellationToken cancel) =>
        await PostAsync(
            "decrypt", Body("ciphertext", Encoding.ASCII.GetString(wrapped.Span), context.Span),
            data => SecretBytes.Own(data.Base64("plaintext", 4096)), cancel);

    public ValueTask DisposeAsync()
    {
        _service.Dispose();
        return ValueTask.CompletedTask;
    }

    private static VaultTransitMasterKey Open(string address, MasterKeySurroundings surroundings)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Query.Length > 0 || url.UserInfo.Length > 0
            || !(url.Scheme == "https" || url is { Scheme: "http", IsLoopback: true })
            || url.AbsolutePath.TrimStart('/').Split('/') is not [.. { Length: > 0 } mount, { Length: > 0 } key] || mount.Contains(""))
            throw new StoreException($"'vault-transit:{address}' is no key of Vault; write {Form} (http only on this machine)");

        return new VaultTransitMasterKey(new Uri(url, $"/{string.Join('/', mount)}/"), key, surroundings);
    }

    private async ValueTask<T> PostAsync<T>(string action, byte[] body, Func<JsonFields, T> read, CancellationToken cancel) =>
        await _service.PostAsync(() => Request(action), body, answer => read(answer.Object("data")), Explain, cancel);

    private HttpRequestMessage Request(string action)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_mount, $"/v1{_mount.AbsolutePath}{action}/{_key}"));
        request.Headers.Add("X-Vault-Request", "true");
        request.Headers.Add("X-Vault-Token", Token());
        if (_variable("VAULT_NAMESPACE") is { } space)
            request.Headers.Add("X-Vault-Namespace", space);
        return request;
    }

    private string Token()
    {
        var token = _variable("VAULT_TOKEN_FILE") is { } file ? SecretText.FromFile(file, "the token for Vault")
            : _variable("VAULT_TOKEN") ?? throw new StoreException("there is no token for Vault; set VAULT_TOKEN_FILE or VAULT_TOKEN");
        return token.All(c => c is > ' ' and < '\x7f') ? token : throw new StoreException("the token for Vault has characters that no token has");
    }

    private static byte[] Body(string member, string value, ReadOnlySpan<byte> context)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString(member, value);
            json.WriteBase64String("associated_data", context);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private string Explain(HttpStatusCode status, byte[] body)
    {
        var errors = KeyService.ErrorText(
            body, error => error.TryGetProperty("errors", out var list) && list.ValueKind == JsonValueKind.Array
                ? string.Join(", ", list.EnumerateArray().Select(one => one.ToString())) : null);
        var mount = _mount.AbsolutePath.Trim('/');
        var remedy = status switch
        {
            HttpStatusCode.Forbidden => $"the token needs update on {mount}/encrypt/{_key} and {mount}/decrypt/{_key}",
            HttpStatusCode.BadRequest => "the key must be there, of type aes256-gcm96, and the one that the store was made with: "
                + $"vault write -f {mount}/keys/{_key}",
            HttpStatusCode.NotFound => $"enable the engine: vault secrets enable -path={mount} transit",
            HttpStatusCode.ServiceUnavailable => "unseal it",
            _ => "see its log",
        };
        return $"{(string.IsNullOrEmpty(errors) ? "no reason given" : errors)}; {remedy}";
    }
}
