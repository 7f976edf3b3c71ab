using System.Security.Cryptography;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.Linux.Pkcs11;

namespace Nacre.KeyBroker.Plugins.Pkcs11;

/// <summary>An RSA key pair on the token, by label: whoever administers encrypts, an attested guest has decrypted (trust.md 2.6).</summary>
internal sealed class WrappingKey(Pkcs11Token token, Pkcs11Mechanism mechanism, string label)
{
    /// <summary>That the pair is there and the token does the mechanism, so that the server does not start without.</summary>
    /// <exception cref="Pkcs11Exception">It is not, or does not.</exception>
    public async ValueTask RequireUsableAsync(CancellationToken cancel)
    {
        var probe = RandomNumberGenerator.GetBytes(16);
        var encrypted = await RunEncryptAsync(probe, cancel);
        var decrypted = await token.UseAsync(
            session => session.Decrypt(mechanism, session.FindOne(Pkcs11Class.PrivateKey, label), encrypted), cancel);
        if (!probe.AsSpan().SequenceEqual(decrypted))
            throw new Pkcs11Exception("C_Decrypt", Pkcs11Code.DataInvalid, $"the two keys with the label '{label}' are no pair");
    }

    /// <exception cref="KbsProblemException">400: the key does not take it; most often it is too long.</exception>
    public async ValueTask<byte[]> EncryptAsync(ReadOnlyMemory<byte> plain, CancellationToken cancel)
    {
        try
        {
            return await RunEncryptAsync(plain, cancel);
        }
        catch (Pkcs11Exception e) when (IsOfTheData(e.Code))
        {
            throw new KbsProblemException(
                400, ErrorTypes.PluginInternalError, $"the wrapping key does not take {plain.Length} bytes: {e.Message}", null, e);
        }
    }

    /// <summary>The caller zeroes it.</summary>
    /// <exception cref="KbsProblemException">400 without a reason: each would tell something of the plain text.</exception>
    public async ValueTask<byte[]> DecryptAsync(ReadOnlyMemory<byte> encrypted, CancellationToken cancel)
    {
        try
        {
            return await token.UseAsync(
                session => session.Decrypt(mechanism, session.FindOne(Pkcs11Class.PrivateKey, label), encrypted.Span), cancel);
        }
        catch (Pkcs11Exception e) when (IsOfTheData(e.Code))
        {
            throw new KbsProblemException(
                400, ErrorTypes.PluginInternalError, "what was sent cannot be decrypted with the wrapping key", null, e);
        }
    }

    private ValueTask<byte[]> RunEncryptAsync(ReadOnlyMemory<byte> plain, CancellationToken cancel) => token.UseAsync(
        session => session.Encrypt(mechanism, session.FindOne(Pkcs11Class.PublicKey, label), plain.Span), cancel);

    // Tokens do not agree on the code for data that they do not take.
    private static bool IsOfTheData(Pkcs11Code code) => code is Pkcs11Code.EncryptedDataInvalid or Pkcs11Code.EncryptedDataLengthRange
        or Pkcs11Code.DataInvalid or Pkcs11Code.DataLengthRange or Pkcs11Code.GeneralError or Pkcs11Code.FunctionFailed
        or Pkcs11Code.ArgumentsBad;
}
