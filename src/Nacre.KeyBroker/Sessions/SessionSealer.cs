using System.Security.Cryptography;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.KeyBroker.Sessions;

/// <summary>
/// Puts the state of a handshake into the guest's cookie, encrypted and authenticated under a key that is kept in the store: any process
/// with the same store can go on with what another began, and none holds state for those who never come back.
/// </summary>
public sealed class SessionSealer : IDisposable
{
    private const string Space = "key";
    private const string KeyName = "session-cookie";
    private const int KeySize = 32;

    /// <summary>Cookie jars keep about 4 KiB for a cookie with its name and attributes (RFC 6265 section 6.1).</summary>
    public const int MaxCookieLength = 3800;

    private static readonly byte[] s_context = "nacre kbs session v1"u8.ToArray();

    private readonly SecretBytes _key;

    private readonly SealingKey _cipher;

    private SessionSealer(SecretBytes key) => (_key, _cipher) = (key, new SealingKey(key));

    public static async Task<SessionSealer> OpenAsync(IKeyValueStore store, CancellationToken cancel) =>
        new(SecretBytes.Own(await store.GetOrCreateAsync(Space, KeyName, () => RandomNumberGenerator.GetBytes(KeySize), cancel)));

    public string Seal(ReadOnlySpan<byte> state) => Base64UrlText.Encode(_cipher.Seal(state, s_context));

    /// <summary>Null for anything that was not sealed here.</summary>
    public byte[]? Open(string cookie) =>
        cookie.Length <= MaxCookieLength && Base64UrlText.TryDecode(cookie, out var sealedBytes)
            ? _cipher.Open(sealedBytes, s_context) : null;

    public void Dispose()
    {
        _cipher.Dispose();
        _key.Dispose();
    }
}
