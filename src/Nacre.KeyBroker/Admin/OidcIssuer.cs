using System.Text.Json;
using Microsoft.Extensions.Logging;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// Takes tokens of an identity provider under the keys that it publishes. They are asked for when the first token comes, when they are old,
/// and when a token names a key that is not known; while the provider is away the last ones stay good for a time.
/// </summary>
public sealed partial class OidcIssuer(OidcIssuerOptions options, ILogger log) : IAdminTokenSource, IDisposable
{
    private readonly OidcDiscovery _discovery = new(options.Issuer, options.Authorities);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private LoadedKeys? _loaded;
    private DateTimeOffset _triedAt = DateTimeOffset.MinValue;

    public async ValueTask<(AdminIdentity? Identity, string? Problem)> ReadAsync(
        JsonWebToken token, DateTimeOffset now, CancellationToken cancel)
    {
        // Not believed yet: it only says whether it is worth asking.
        if (!IsOfIssuer(token))
            return (null, null);
        if (await KeysAsync(token.ReadKeyId(), now, cancel) is not { } loaded)
            return (null, $"the keys of {options.Issuer} cannot be had now; the server's log says why");

        var (identity, problem) = loaded.Issuer.Read(token, now);
        return (identity, identity is null ? problem ?? $"it is not signed by a key of {options.Issuer}" : null);
    }

    public void Dispose()
    {
        _discovery.Dispose();
        _gate.Dispose();
    }

    private async ValueTask<LoadedKeys?> KeysAsync(string? keyId, DateTimeOffset now, CancellationToken cancel)
    {
        if (Volatile.Read(ref _loaded) is { } known && IsEnough(known, keyId, now))
            return known;

        await _gate.WaitAsync(cancel);
        try
        {
            if (_loaded is { } loaded && IsEnough(loaded, keyId, now))
                return loaded;
            if (now - _triedAt >= options.Pause || now < _triedAt)
                await LoadAsync(now);
            return _loaded is { } kept && now - kept.At < options.MaxAge ? kept : null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private bool IsEnough(LoadedKeys loaded, string? keyId, DateTimeOffset now) =>
        now - loaded.At < options.RefreshAfter && (keyId is null || loaded.Issuer.Keys.Any(key => key.KeyId is null || key.KeyId == keyId));

    // Goes on when the peer that asked has gone: others wait for the same answer.
    private async ValueTask LoadAsync(DateTimeOffset now)
    {
        _triedAt = now;
        try
        {
            var issuer = new AdminIssuer(await _discovery.FetchAsync(CancellationToken.None))
            {
                Issuer = options.Issuer,
                Audience = options.Audience,
                RoleClaim = options.RoleClaim,
            };
            Volatile.Write(ref _loaded, new LoadedKeys(issuer, now));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or MalformedDataException)
        {
            LogAway(log, options.Issuer, e);
        }
    }

    private bool IsOfIssuer(JsonWebToken token)
    {
        using var document = StrictJson.Parse(token.Payload, "admin token", JsonWebToken.MaxLength);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && new JsonFields("admin token", document.RootElement).FindText("iss", 2048) == options.Issuer;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of the identity provider {Issuer} cannot be had")]
    private static partial void LogAway(ILogger log, string issuer, Exception e);

    private sealed record LoadedKeys(AdminIssuer Issuer, DateTimeOffset At);
}
