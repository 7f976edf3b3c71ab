using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Lets the TPM wrap a secret for the key at <paramref name="endorsementKey"/>, bound to a name. Servers do this in software.</summary>
    public async ValueTask<TpmCredential> MakeCredentialAsync(
        uint endorsementKey, ReadOnlyMemory<byte> secret, ReadOnlyMemory<byte> name, CancellationToken cancel)
    {
        var parameters = new TpmWriter().Sized(secret.Span).Sized(name.Span);
        var response = await ExecuteAsync(TpmCommandCode.MakeCredential, [endorsementKey], [], parameters, 0, cancel);
        var r = new StructReader("tpm.MakeCredential", response);
        return new()
        {
            CredentialBlob = r.Sized16BE("credential_blob", TpmCredential.MaxBlob).ToArray(),
            EncryptedSecret = r.Sized16BE("secret", TpmCredential.MaxSecret).ToArray(),
        };
    }

    /// <summary>Opens a credential: works only if this TPM holds both the endorsement key and the key that was named.</summary>
    /// <param name="activateKey">The attestation key.</param>
    /// <param name="endorsementKey">The key the credential was wrapped for.</param>
    /// <param name="endorsementSession">Session that authorises the endorsement key; it is used up.</param>
    /// <param name="credential">From the server.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async ValueTask<SecretBytes> ActivateCredentialAsync(
        uint activateKey, uint endorsementKey, uint endorsementSession, TpmCredential credential, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(credential);
        var parameters = new TpmWriter().Sized(credential.CredentialBlob).Sized(credential.EncryptedSecret);
        var response = await ExecuteAsync(
            TpmCommandCode.ActivateCredential, [activateKey, endorsementKey], [PasswordSession, endorsementSession], parameters, 0, cancel);
        try
        {
            return SecretBytes.Copy(new StructReader("tpm.ActivateCredential", response).Sized16BE("cert_info", 64));
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(response);
        }
    }
}
