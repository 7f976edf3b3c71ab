using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;
using Nacre.Storage.MasterKeys;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.UnitTests.Storage.MasterKeys;

/// <summary>Against a server that answers as the HTTP API of Vault's transit engine is documented.</summary>
[Trait("Group", "TrustKeys")]
public sealed class VaultTransitTests : IAsyncDisposable
{
    private readonly StandInService _service = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public VaultTransitTests()
    {
        _service.Answers["/v1/team/transit/encrypt/nacre"] = (context, cancel) => AnswerAsync(context, Encrypt, cancel);
        _service.Answers["/v1/team/transit/decrypt/nacre"] = (context, cancel) => AnswerAsync(context, Decrypt, cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wraps_and_unwraps_a_store()
    {
        await using var master = await OpenAsync("a-token", "nacre");
        await using var store = await EncryptedStore.OpenAsync(new Nacre.Storage.Memory.MemoryStore(), master, Cancel);
        await store.SetAsync("space", "key", [1], WriteCondition.None, Cancel);

        Assert.Equal([1], (await store.FindAsync("space", "key", Cancel))!.Value);
        Assert.StartsWith("vault-transit:http://127.0.0.1:", master.Id, StringComparison.Ordinal);
        Assert.EndsWith("/team/transit/nacre", master.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_what_was_refused_and_what_to_do()
    {
        using var dataKey = SecretBytes.Random(32);
        await using var wrong = await OpenAsync("wrong", "nacre");
        var token = await RefusedAsync(wrong, dataKey);
        Assert.Contains("permission denied; the token needs update on team/transit/encrypt/nacre", token, StringComparison.Ordinal);

        await using var absent = await OpenAsync("a-token", "other");
        Assert.Contains("enable the engine", await RefusedAsync(absent, dataKey), StringComparison.Ordinal);

        await using var master = await OpenAsync("a-token", "nacre");
        var wrapped = await master.WrapAsync(dataKey, "c"u8.ToArray(), Cancel);
        Assert.Contains("cipher: message authentication failed", await RefusedAsync(
            () => master.UnwrapAsync(wrapped, "d"u8.ToArray(), Cancel).AsTask()), StringComparison.Ordinal);

        await using var none = await OpenAsync(null, "nacre");
        Assert.Contains("set VAULT_TOKEN_FILE", await RefusedAsync(none, dataKey), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_that_are_none_are_refused()
    {
        using var dataKey = SecretBytes.Random(32);
        await using var master = await OpenAsync("a-token", "nacre");
        foreach (var answer in (string[])["", "[]", "{}", """{"data":{"ciphertext":7}}"""])
        {
            _service.Serve("/v1/team/transit/encrypt/nacre", Encoding.UTF8.GetBytes(answer));
            Assert.Contains("answered what it should not", await RefusedAsync(master, dataKey), StringComparison.Ordinal);
        }
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    private static Task<string> RefusedAsync(IMasterKey master, SecretBytes dataKey) =>
        RefusedAsync(() => master.WrapAsync(dataKey, "c"u8.ToArray(), Cancel).AsTask());

    private static async Task<string> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<StoreException>(call)).Message;

    private async ValueTask<IMasterKey> OpenAsync(string? token, string key) => await MasterKeyList.OpenAsync(
        $"vault-transit:{_service.Url}team/transit/{key}", MasterKeyList.Sources,
        new(
            name => name switch
            {
                "VAULT_TOKEN" => token,
                "VAULT_NAMESPACE" => "a-namespace",
                _ => null,
            },
            TimeProvider.System),
        Cancel);

    private static async Task AnswerAsync(HttpListenerContext context, Func<JsonNode, JsonObject?> answer, CancellationToken cancel)
    {
        Assert.Equal("POST", context.Request.HttpMethod);
        Assert.Equal("true", context.Request.Headers["X-Vault-Request"]);
        Assert.Equal("a-namespace", context.Request.Headers["X-Vault-Namespace"]);
        using var buffer = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(buffer, cancel);
        var data = context.Request.Headers["X-Vault-Token"] == "a-token" ? answer(JsonNode.Parse(buffer.ToArray())!) : null;
        context.Response.StatusCode = data is not null ? 200 : context.Request.Headers["X-Vault-Token"] == "a-token" ? 400 : 403;
        var error = context.Response.StatusCode == 400 ? "cipher: message authentication failed" : "permission denied";
        JsonNode body = data is not null ? new JsonObject { ["data"] = data } : new JsonObject { ["errors"] = new JsonArray(error) };
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body.ToJsonString()), cancel);
    }

    private JsonObject Encrypt(JsonNode call) => new()
    {
        ["ciphertext"] = "vault:v1:" + Convert.ToBase64String(
            Sealed.Seal(_key, Convert.FromBase64String((string)call["plaintext"]!), Convert.FromBase64String((string)call["associated_data"]!))),
        ["key_version"] = 1,
    };

    private JsonObject? Decrypt(JsonNode call)
    {
        var text = (string)call["ciphertext"]!;
        Assert.StartsWith("vault:v1:", text, StringComparison.Ordinal);
        var plaintext = Sealed.Open(
            _key, Convert.FromBase64String(text["vault:v1:".Length..]), Convert.FromBase64String((string)call["associated_data"]!));
        return plaintext is null ? null : new JsonObject { ["plaintext"] = Convert.ToBase64String(plaintext) };
    }
}
