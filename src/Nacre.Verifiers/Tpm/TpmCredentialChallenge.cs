using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// The server's answer to a guest that names its attestation key: a secret that only a TPM with the certified endorsement key opens, and
/// only if it holds that very attestation key. No I/O.
/// </summary>
public abstract class TpmCredentialChallenge
{
    private const int SecretSize = 32;

    private const TpmKeyAttributes Required = TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent | TpmKeyAttributes.SensitiveDataOrigin
        | TpmKeyAttributes.Restricted | TpmKeyAttributes.Sign;

    private TpmCredentialChallenge(IReadOnlyList<Check> checks) => Checks = checks;

    public IReadOnlyList<Check> Checks { get; }

    /// <param name="offer">From the auth request.</param>
    /// <param name="roots">Whose certificates are believed.</param>
    /// <param name="at">The time at which the chain must be valid.</param>
    public static TpmCredentialChallenge Create(TpmKeyOffer offer, EkRoots roots, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(roots);

        var checks = new CheckList();
        using var certificate = EkCertificate.Require(checks, offer.EkCertificates, roots, at);
        var (key, spki) = RequireAttestationKey(checks, offer.AkPublic);
        if (checks.Failed || certificate is null || key is null || spki is null)
            return new Refused(checks.Checks);

        var secret = SecretBytes.Random(SecretSize);
        var credential = Wrap(checks, certificate, key, secret);
        if (credential is null)
        {
            secret.Dispose();
            return new Refused(checks.Checks);
        }

        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
        return new Issued(checks.Checks, credential, new TpmPendingKey(secret, spki, fingerprint));
    }

    private static TpmCredential? Wrap(CheckList checks, X509Certificate2 certificate, TpmPublic key, SecretBytes secret)
    {
        TpmCredential? credential = null;
        try
        {
            credential = TpmMakeCredential.Wrap(certificate.PublicKey, key.Name(), secret.Reveal());
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
        {
            // A certified key that is none, such as a point off its curve: recorded below.
        }

        checks.Require(
            credential is not null, "tpm.ek.strength", "endorsement key", "RSA of 2048 bits, or ECC on P-256 or P-384",
            certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value, "use an endorsement key of the TCG's default templates");
        return credential;
    }

    private static (TpmPublic? Key, byte[]? Spki) RequireAttestationKey(CheckList checks, byte[] publicArea)
    {
        TpmPublic key;
        try
        {
            key = TpmPublic.Parse(publicArea);
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "tpm.ak.attributes", $"{error.Structure}.{error.Field}", "TPMT_PUBLIC of a signing key", error.Rule,
                "send the public area of the attestation key as ReadPublic returns it");
            checks.NotMade("tpm.ak.strength", "attestation key", "its public area does not parse");
            return default;
        }

        checks.Require(
            key.Has(Required) && !key.Has(TpmKeyAttributes.Decrypt), "tpm.ak.attributes", "TPMA_OBJECT of the attestation key",
            $"{Required} without {TpmKeyAttributes.Decrypt}", $"{key.Attributes}",
            "create a restricted signing key inside the TPM: any other key signs whatever it is given, also a made-up quote");

        byte[]? spki = null;
        try
        {
            spki = key.ToSubjectPublicKeyInfo();
        }
        catch (CryptographicException)
        {
            // Numbers that are no key: recorded below.
        }

        var found = "numbers that are no key";
        using var usable = spki is null ? null : TpmVerificationKey.Read(spki, out found);
        checks.Require(
            usable is not null, "tpm.ak.strength", "attestation key", TpmVerificationKey.Accepted, found,
            "create an attestation key of an accepted kind");
        return (key, spki);
    }

    /// <summary>Send the credential, keep the key; it is believed only when the proof comes back.</summary>
    public sealed class Issued : TpmCredentialChallenge
    {
        internal Issued(IReadOnlyList<Check> checks, TpmCredential credential, TpmPendingKey key)
            : base(checks) => (Credential, Key) = (credential, key);

        public TpmCredential Credential { get; }

        public TpmPendingKey Key { get; }
    }

    /// <summary>The endorsement key is not certified by a trusted authority, or the attestation key is not fit to attest.</summary>
    public sealed class Refused : TpmCredentialChallenge
    {
        internal Refused(IReadOnlyList<Check> checks)
            : base(checks)
        {
        }

        public IEnumerable<Check> Failures => Checks.Where(check => check.Outcome == CheckOutcome.Failed);
    }
}
