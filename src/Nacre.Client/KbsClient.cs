using System.Security.Cryptography;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.Client;

/// <summary>
/// A guest's side of the key broker: attests when needed, keeps the session until shortly before its token expires, and decrypts what it
/// fetches. Safe for concurrent use; one handshake at a time.
/// </summary>
public sealed class KbsClient : IDisposable
{
    private readonly KbsTransport _transport;
    private readonly IEvidenceSource? _source;
    private readonly TimeProvider _clock;
    private readonly KbsClientOptions _options;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private AttestedSession? _session;

    /// <summary>Background-check mode: this client attests with <paramref name="source"/>. Takes over <paramref name="transport"/>.</summary>
    /// <exception cref="PlatformNotSupportedException">This machine has no keys of the kind that is asked for.</exception>
    public KbsClient(KbsTransport transport, IEvidenceSource source, TimeProvider clock, KbsClientOptions? options = null)
    {
        (_transport, _source, _clock, _options) = (transport, source, clock, options ?? new KbsClientOptions());
        if (JweKeyKinds.FindProblem(_options.KeyKind) is { } problem)
            throw new PlatformNotSupportedException(problem);
    }

    /// <summary>Passport mode: the token and its key come from elsewhere. Takes over both arguments.</summary>
    public KbsClient(KbsTransport transport, AttestedSession session, TimeProvider clock) =>
        (_transport, _session, _clock, _options) = (transport, session, clock, new KbsClientOptions());

    /// <summary>The session in use; attests when there is none or its token is about to expire. Do not dispose it.</summary>
    /// <exception cref="KbsException">The attestation was refused, or the server failed.</exception>
    public async Task<AttestedSession> AttestAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (_session is { } session && session.IsUsable(_clock.GetUtcNow()))
                return session;

            return await RenewAsync(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Fetches and decrypts one secret.</summary>
    /// <exception cref="KbsException">It was refused or not found, the server failed, or the reply was not for this guest.</exception>
    public Task<SecretBytes> GetResourceAsync(ResourceUri uri, CancellationToken cancel) => GetAsync("resource", uri.Path, cancel);

    /// <summary>Fetches and decrypts what a plugin answers.</summary>
    /// <param name="plugin">Such as <c>resource</c>.</param>
    /// <param name="pathAndQuery">What follows the plugin's name, without a leading slash.</param>
    /// <param name="cancel">Stops the exchange.</param>
    public async Task<SecretBytes> GetAsync(string plugin, string pathAndQuery, CancellationToken cancel)
    {
        var session = await AttestAsync(cancel);
        byte[] body;
        try
        {
            body = (await FetchAsync(session)).Body;
        }
        catch (KbsException e) when (e.Failure == KbsFailure.Unauthenticated && _source is not null)
        {
            // The server has forgotten the session (a new key, a clock that jumped): attest once more, then believe it.
            session = await RenewAfterAsync(session, cancel);
            body = (await FetchAsync(session)).Body;
        }

        try
        {
            return JsonWebEncryption.Decrypt(session.Key, body);
        }
        catch (Exception e) when (e is MalformedDataException or CryptographicException)
        {
            throw new KbsException(KbsFailure.Protocol, $"the reply for {plugin}/{pathAndQuery} was not made for this guest: {e.Message}", e);
        }

        Task<KbsReply> FetchAsync(AttestedSession with) =>
            _transport.SendAsync(HttpMethod.Get, $"{plugin}/{pathAndQuery}", null, null, with.Credential, cancel);
    }

    public void Dispose()
    {
        _session?.Dispose();
        _gate.Dispose();
        _transport.Dispose();
    }

    private async Task<AttestedSession> RenewAfterAsync(AttestedSession refused, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            // Another caller may have renewed it meanwhile.
            return _session is { } current && !ReferenceEquals(current, refused) ? current : await RenewAsync(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    // The old session is not disposed: a request that began with it may still need its key. The finalizer of the key takes care.
    private async Task<AttestedSession> RenewAsync(CancellationToken cancel)
    {
        if (_source is null)
            throw new KbsException(KbsFailure.Unauthenticated, "the token has expired, and there is no evidence source to obtain another");

        return _session = await Handshake.RunAsync(_transport, _source, _options, cancel);
    }
}

/// <summary>How a guest attests.</summary>
public sealed record KbsClientOptions
{
    public JweKeyKind KeyKind { get; init; } = JweKeyKind.EcP256;

    /// <summary>Where the key of each handshake comes from; null makes a new one of <see cref="KeyKind"/>.</summary>
    public Func<JweKeyPair>? CreateKey { get; init; }

    /// <summary>The init-data document of this guest, exactly as it was given; null when there is none.</summary>
    public string? InitData { get; init; }
}
