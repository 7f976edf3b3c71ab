using System.Security.Cryptography;
using System.Text;
using Nacre.Formats;
using Nacre.Linux.Pkcs11;
using Nacre.Storage.Encryption;

namespace Nacre.Storage.MasterKeys.Pkcs11;

/// <summary>
/// An AES-256 key in a PKCS#11 token, by the URI of RFC 7512: it wraps data keys with AES-GCM (nonce, ciphertext, tag) and never leaves the
/// token.
/// </summary>
public sealed class Pkcs11MasterKey : IMasterKey
{
    private const string PinVariable = "NACRE_PKCS11_PIN";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int Sessions = 4;

    private readonly Pkcs11Token _token;
    private readonly Pkcs11Uri _uri;

    private Pkcs11MasterKey(Pkcs11Token token, Pkcs11Uri uri) => (_token, _uri) = (token, uri);

    public static MasterKeySource Source { get; } = new("pkcs11", Pkcs11Uri.Form, async (text, surroundings, cancel) =>
    {
        var uri = Pkcs11Uri.Parse(text);
        return await Task.Run<IMasterKey>(() => Open(uri, surroundings), cancel);
    });

    public string Id => $"pkcs11:{_uri.Path}";

    public ValueTask<byte[]> WrapAsync(SecretBytes dataKey, ReadOnlyMemory<byte> context, CancellationToken cancel) => UseAsync(session =>
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceBytes);

        // Tokens that insist on their own nonce have written it over ours.
        var body = session.Encrypt(Pkcs11Mechanism.AesGcm(nonce, context.ToArray()), FindKey(session), dataKey.Reveal());
        return (byte[])[.. nonce, .. body];
    }, cancel);

    public async ValueTask<SecretBytes> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, CancellationToken cancel)
    {
        if (wrapped.Length < NonceBytes + TagBytes)
            throw new StoreException("a data key is too short to be wrapped by a PKCS#11 token; the store was made with another master key");

        return SecretBytes.Own(await UseAsync(
            session => session.Decrypt(
                Pkcs11Mechanism.AesGcm(wrapped[..NonceBytes].ToArray(), context.ToArray()), FindKey(session), wrapped.Span[NonceBytes..]),
            cancel));
    }

    public ValueTask DisposeAsync()
    {
        _token.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Pkcs11MasterKey Open(Pkcs11Uri uri, MasterKeySurroundings surroundings)
    {
        byte[] pin = [];
        try
        {
            var module = Pkcs11Module.Load(uri.ModulePath);
            pin = Encoding.UTF8.GetBytes(ReadPin(uri, surroundings));
            Pkcs11Slot[] slots = [.. module.Slots().Where(slot =>
                (uri.Token is null || slot.TokenLabel == uri.Token) && (uri.Serial is null || slot.Serial == uri.Serial))];
            return slots is [var slot]
                ? new Pkcs11MasterKey(Pkcs11Token.Open(module, slot, pin, Sessions), uri)
                : throw new StoreException($"{slots.Length} PKCS#11 tokens of '{uri.ModulePath}' are pkcs11:{uri.Path}, and it must be one");
        }
        catch (Pkcs11Exception e)
        {
            throw Explained(e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pin);
        }
    }

    private async ValueTask<byte[]> UseAsync(Func<Pkcs11Session, byte[]> work, CancellationToken cancel)
    {
        try
        {
            return await _token.UseAsync(work, cancel);
        }
        catch (Pkcs11Exception e)
        {
            throw Explained(e);
        }
    }

    private ulong FindKey(Pkcs11Session session)
    {
        var template = new Pkcs11Template().Class(Pkcs11Class.SecretKey);
        if (_uri.Label is { } label)
            template.Label(label);
        if (_uri.ObjectId is { } id)
            template.Bytes(Pkcs11AttributeType.Id, id);
        var found = session.Find(template);
        return found is [var only] ? only : throw new StoreException(
            $"the PKCS#11 token has {(found.Count == 0 ? "no" : "more than one")} secret key of pkcs11:{_uri.Path}; "
            + "make an AES-256 key with the token's program, such as: pkcs11-tool --keygen --key-type AES:32 --label NAME");
    }

    private static StoreException Explained(Pkcs11Exception e) => new(
        $"the PKCS#11 token failed: {e.Message}; " + e.Code switch
        {
            Pkcs11Code.PinIncorrect or Pkcs11Code.PinLengthRange => "the PIN is wrong; after some attempts the token is locked",
            Pkcs11Code.PinLocked => "unlock it with the token's own program",
            Pkcs11Code.EncryptedDataInvalid or Pkcs11Code.EncryptedDataLengthRange or Pkcs11Code.GeneralError =>
                "the store was made with another key than this, or the token failed",
            Pkcs11Code.KeyFunctionNotPermitted => "the key must be an AES-256 key with CKA_ENCRYPT and CKA_DECRYPT",
            Pkcs11Code.MechanismInvalid => "it must know AES-GCM",
            _ => "check that the token is connected and set up",
        },
        e);

    private static string ReadPin(Pkcs11Uri uri, MasterKeySurroundings surroundings) => uri.PinFile is { } file
        ? SecretText.FromFile(file, "the PIN of the PKCS#11 token")
        : surroundings.Variable(PinVariable)
            ?? throw new StoreException($"there is no PIN for the PKCS#11 token; add pin-source=file:/PATH to the URI, or set {PinVariable}");
}
