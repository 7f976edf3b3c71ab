using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <summary>Access tokens of OAuth 2.0 (RFC 6749 sections 4.4 and 5.1), as clouds give them.</summary>
internal static class OAuth
{
    /// <summary>Reads a secret with an access token; null when there is none.</summary>
    /// <param name="http">Of the back end.</param>
    /// <param name="secret">Its address.</param>
    /// <param name="tokens">A token that is refused is not used again.</param>
    /// <param name="code">Member of <c>error</c> in an answer that says why it is refused.</param>
    /// <param name="remedy">What to look at then.</param>
    /// <param name="read">Takes the secret from an answer that has it.</param>
    /// <param name="cancel">The guest has gone.</param>
    /// <exception cref="BackendException">It is refused, or there is no answer.</exception>
    public static async ValueTask<byte[]?> ReadAsync(
        BackendHttp http, Uri secret, AccessTokens<string> tokens, string code, string remedy, Func<JsonElement, byte[]> read,
        CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, secret);
        Authenticate(request, await tokens.GetAsync(cancel));
        var answer = await http.SendAsync(request, cancel);
        using var document = answer.ParseObject();
        if (answer.IsDone)
            return read(document.RootElement);
        if (answer.Status == 404)
            return null;
        if (answer.Status == 401)
            tokens.Forget();
        throw answer.Failure(
            document.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty(code, out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null,
            remedy);
    }

    /// <summary>A token for a form, in which each value is sent as it is.</summary>
    /// <exception cref="BackendException">There is none.</exception>
    public static async ValueTask<AccessToken<string>> PostAsync(
        BackendHttp http, Uri url, IReadOnlyDictionary<string, string> form, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new FormUrlEncodedContent(form) };
        return Read(await http.SendAsync(request, cancel), now);
    }

    /// <summary>A token of the metadata service of the machine, which asks for a header that no browser sends.</summary>
    /// <exception cref="BackendException">There is none.</exception>
    public static async ValueTask<AccessToken<string>> AskMachineAsync(
        BackendHttp http, Uri url, string header, string value, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add(header, value);
        return Read(await http.SendAsync(request, cancel), now);
    }

    private static void Authenticate(HttpRequestMessage request, string token) =>
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    private static AccessToken<string> Read(BackendAnswer answer, DateTimeOffset now)
    {
        using var document = answer.ParseObject();
        var root = document.RootElement;
        if (!answer.IsDone)
        {
            throw answer.Failure(
                root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String ? error.GetString() : null,
                "no access token was given for these credentials");
        }

        return root.TryGetProperty("access_token", out var token) && token.ValueKind == JsonValueKind.String
            && token.GetString() is { Length: > 0 } text && text.All(c => c is > ' ' and < '\x7f')
            && root.TryGetProperty("expires_in", out var life) && Seconds(life) is { } seconds
            ? new AccessToken<string>(text, now.AddSeconds(seconds))
            : throw new BackendException($"{answer.Backend}: the answer has no access_token with expires_in");
    }

    // Azure's metadata service writes it as text.
    private static int? Seconds(JsonElement life) => life.ValueKind switch
    {
        JsonValueKind.Number when life.TryGetInt32(out var seconds) && seconds >= 0 => seconds,
        JsonValueKind.String when int.TryParse(life.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) =>
            seconds,
        _ => null,
    };
}
