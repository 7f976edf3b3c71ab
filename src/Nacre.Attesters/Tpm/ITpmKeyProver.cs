using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

/// <summary>The second ability of the TPM attester: to prove that its attestation key lives in a TPM with a certified endorsement key.</summary>
public interface ITpmKeyProver
{
    /// <summary>The attestation key and the endorsement key's certificate, for the auth request.</summary>
    ValueTask<TpmKeyOffer> DescribeKeyAsync(CancellationToken cancel);

    /// <summary>Opens the server's credential. The secret keys <see cref="TpmCredentialProof"/>.</summary>
    ValueTask<SecretBytes> ActivateAsync(TpmCredential credential, CancellationToken cancel);
}
