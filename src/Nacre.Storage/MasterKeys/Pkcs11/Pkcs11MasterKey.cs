using Nacre.Formats;
using Nacre.Storage.Encryption;

namespace Nacre.Storage.MasterKeys.Pkcs11;

/// <summary>An AES-256 key in a PKCS#11 token, by the URI of RFC 7512: it wraps data keys with AES-GCM and never leaves the token.</summary>
public sealed class Pkcs11MasterKey : IMasterKey
{
    private const string PinVariable = "NACRE_PKCS11_PIN";

    private readonly Pkcs11Token _token;
    private readonly Pkcs11Uri _uri;

    private Pkcs11MasterKey(Pkcs11Token token, Pkcs11Uri uri) => (_token, _uri) = (token, uri);

    public static MasterKeySource Source { get; } = new("pkcs11", Pkcs11Uri.Form, async (text, surroundings, cancel) =>
    {
        var uri = Pkcs11Uri.Parse(text);
        return await Task.Run<IMasterKey>(() => new Pkcs11MasterKey(Pkcs11Token.Open(uri, () => ReadPin(uri, surroundings)), uri), cancel);
    });

    public string Id => $"pkcs11:{_uri.Path}";

    // A token on the network makes its caller wait.
    public async ValueTask<byte[]> WrapAsync(SecretBytes dataKey, ReadOnlyMemory<byte> context, CancellationToken cancel) =>
        await Task.Run(() => _token.Encrypt(dataKey.Reveal(), context.Span), cancel);

    public async ValueTask<SecretBytes> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, CancellationToken cancel) =>
        SecretBytes.Own(await Task.Run(() => _token.Decrypt(wrapped.Span, context.Span), cancel));

    public ValueTask DisposeAsync()
    {
        _token.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string ReadPin(Pkcs11Uri uri, MasterKeySurroundings surroundings) => uri.PinFile is { } file
        ? SecretText.FromFile(file, "the PIN of the PKCS#11 token")
        : surroundings.Variable(PinVariable)
            ?? throw new StoreException($"there is no PIN for the PKCS#11 token; add pin-source=file:/PATH to the URI, or set {PinVariable}");
}
