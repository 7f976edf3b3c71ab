using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.Attestation.Tokens;

/// <summary>
/// Signs attestation tokens and tells whether a token is its own. The keys are in the store, so that every process that shares it signs with
/// the same one and takes what another signed; a change of the keys reaches all within <see cref="RefreshAfter"/>.
/// </summary>
public sealed class TokenSigner : IDisposable
{
    /// <summary>How old a process's view of the keys may be.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(5);

    private const string Space = "key";
    private const string KeyName = "token-keys";

    /// <summary>Where the one key was before there was a ring.</summary>
    private const string FirstKeyName = "token-signer";

    // Clocks of relying parties, and what another process signs before it sees that the key is a former one.
    private static readonly TimeSpan s_overlap = TimeSpan.FromMinutes(2);

    private readonly IKeyValueStore _store;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private LoadedTokenKeys _keys;
    private long _checkedAt;

    private TokenSigner(IKeyValueStore store, TokenOptions options, TimeProvider clock, LoadedTokenKeys keys)
    {
        (_store, Options, _clock, _keys) = (store, options, clock, keys);
        _checkedAt = clock.GetUtcNow().UtcTicks;
    }

    public TokenOptions Options { get; }

    /// <summary>Makes the keys when the store has none, and changes to the algorithm that is asked for.</summary>
    public static async Task<TokenSigner> OpenAsync(IKeyValueStore store, TokenOptions options, TimeProvider clock, CancellationToken cancel)
    {
        if (!JwtSigningKey.Algorithms.Contains(options.Algorithm))
            throw new ArgumentException($"'{options.Algorithm}' is not one of {string.Join(", ", JwtSigningKey.Algorithms)}", nameof(options));

        var first = (await store.FindAsync(Space, FirstKeyName, cancel))?.Value;
        await store.GetOrCreateAsync(
            Space, KeyName, () => TokenKeyRing.Create(options.Algorithm, clock.GetUtcNow(), first).ToUtf8(), cancel);
        var signer = new TokenSigner(store, options, clock, (await LoadAsync(store, options, null, cancel))!);
        if (options.Key is null && signer._keys.Ring.Current.Algorithm != options.Algorithm)
            await signer.RotateAsync(cancel);
        return signer;
    }

    public async ValueTask<string> SignAsync(JsonObject claims, CancellationToken cancel) => (await KeysAsync(cancel)).Sign(claims);

    /// <summary>The claims of a token that this signer made and that is valid at <paramref name="at"/>; otherwise null and why.</summary>
    public async ValueTask<(JsonObject? Claims, string Problem)> VerifyAsync(string token, DateTimeOffset at, CancellationToken cancel)
    {
        try
        {
            var parsed = JsonWebToken.Parse(token);
            if (await FindAsync(parsed.ReadKeyId(), at, cancel) is not { } key || !parsed.Verify(key))
                return (null, "the token was not signed by this server");

            using var document = StrictJson.Parse(parsed.Payload, "token", JsonWebToken.MaxLength);
            var fields = new JsonFields("token", document.RootElement);
            if (fields.Any("exp").TryGetInt64(out var expires) is false || at.ToUnixTimeSeconds() >= expires)
                return (null, "the token has expired");
            if (fields.Any("nbf").TryGetInt64(out var notBefore) is false || at.ToUnixTimeSeconds() < notBefore)
                return (null, "the token is not valid yet");

            return (JsonObject.Create(document.RootElement.Clone())!, "");
        }
        catch (Exception e) when (e is MalformedDataException or InvalidOperationException)
        {
            return (null, $"the token cannot be read: {e.Message}");
        }
    }

    /// <summary>The public keys as a JWK set, as the store has them now.</summary>
    public async ValueTask<JsonObject> KeySetAsync(CancellationToken cancel) => (await RefreshAsync(cancel)).ToSet(_clock.GetUtcNow());

    /// <summary>The algorithms of the keys in the set.</summary>
    public async ValueTask<IReadOnlyList<string>> AlgorithmsAsync(CancellationToken cancel) => [.. (await KeysAsync(cancel)).Algorithms];

    /// <summary><c>{"kid","alg","use","since","until"}</c> of each key of the ring; never a key itself.</summary>
    public async ValueTask<JsonArray> DescribeAsync(CancellationToken cancel)
    {
        var descriptions = (await RefreshAsync(cancel)).Ring.Keys.Select(key => key.ToJson()).ToList();
        foreach (var description in descriptions)
            description.Remove("key");
        return [.. descriptions];
    }

    /// <summary>The next key signs from now on; what the former one signed stays good until it expires.</summary>
    public Task RotateAsync(CancellationToken cancel) => ChangeAsync(
        ring => ring.Rotate(Options.Algorithm, _clock.GetUtcNow(), Options.Life + s_overlap), cancel);

    /// <summary>Nothing that this key signed is believed any more. False when there is no such key, or it is the one that signs.</summary>
    public Task<bool> DropAsync(string keyId, CancellationToken cancel) =>
        ChangeAsync(ring => ring.Drop(keyId, Options.Algorithm, _clock.GetUtcNow()), cancel);

    public void Dispose()
    {
        _keys.Dispose();
        _gate.Dispose();
    }

    private async ValueTask<JwtVerificationKey?> FindAsync(string? id, DateTimeOffset at, CancellationToken cancel)
    {
        if (id is null)
            return null;

        // A key that is not known may be one that another process has just made.
        return (await KeysAsync(cancel)).Find(id, at) ?? (await RefreshAsync(cancel)).Find(id, at);
    }

    private async ValueTask<LoadedTokenKeys> KeysAsync(CancellationToken cancel)
    {
        var age = _clock.GetUtcNow().UtcTicks - Volatile.Read(ref _checkedAt);
        return age >= 0 && age < RefreshAfter.Ticks ? Volatile.Read(ref _keys) : await RefreshAsync(cancel);
    }

    private async ValueTask<LoadedTokenKeys> RefreshAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (await LoadAsync(_store, Options, _keys, cancel) is { } loaded)
                Volatile.Write(ref _keys, loaded);
            Volatile.Write(ref _checkedAt, _clock.GetUtcNow().UtcTicks);
        }
        finally
        {
            _gate.Release();
        }

        if (Options.Key is null && _keys.Ring.Current.Since + Options.KeyLife <= _clock.GetUtcNow())
            await RotateAgedAsync(cancel);
        return Volatile.Read(ref _keys);
    }

    private Task<bool> RotateAgedAsync(CancellationToken cancel) => ChangeAsync(
        ring => ring.Current.Since + Options.KeyLife <= _clock.GetUtcNow()
            ? ring.Rotate(Options.Algorithm, _clock.GetUtcNow(), Options.Life + s_overlap) : null,
        cancel);

    /// <summary>Tried again when another process came between. False when there is nothing to change.</summary>
    private async Task<bool> ChangeAsync(Func<TokenKeyRing, TokenKeyRing?> change, CancellationToken cancel)
    {
        while (true)
        {
            var stored = await _store.FindAsync(Space, KeyName, cancel) ?? throw new StoreException("the keys of tokens are no longer in the store");
            if (change(TokenKeyRing.Parse(stored.Value)) is not { } changed)
                return false;

            if (await _store.SetAsync(Space, KeyName, changed.ToUtf8(), WriteCondition.MustBe(stored.Version), cancel) == WriteResult.Written)
            {
                Volatile.Write(ref _checkedAt, 0);
                await RefreshAsync(cancel);
                return true;
            }
        }
    }

    /// <summary>Null when they are those that are loaded.</summary>
    private static async ValueTask<LoadedTokenKeys?> LoadAsync(
        IKeyValueStore store, TokenOptions options, LoadedTokenKeys? loaded, CancellationToken cancel)
    {
        var stored = await store.FindAsync(Space, KeyName, cancel) ?? throw new StoreException("the keys of tokens are no longer in the store");
        return stored.Version == loaded?.Version
            ? null : new LoadedTokenKeys(TokenKeyRing.Parse(stored.Value), stored.Version, options, loaded);
    }
}
