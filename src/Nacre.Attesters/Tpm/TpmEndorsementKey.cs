using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

/// <summary>The endorsement key whose certificate the TPM carries, and its use to open a credential.</summary>
internal sealed class TpmEndorsementKey
{
    /// <summary>Where provisioning tools keep the endorsement key (TCG Registry of Reserved TPM 2.0 Handles).</summary>
    private const uint PersistentHandle = 0x8101_0001;

    private readonly TpmDevice _device;
    private readonly TpmEndorsementKind _kind;
    private readonly TpmPrimaryKey? _primary;

    private TpmEndorsementKey(TpmDevice device, TpmEndorsementKind kind, byte[] certificate, TpmPrimaryKey? primary) =>
        (_device, _kind, Certificate, _primary) = (device, kind, certificate, primary);

    /// <summary>DER, without the padding some TPMs have after it.</summary>
    public byte[] Certificate { get; }

    public static async ValueTask<TpmEndorsementKey> FindAsync(TpmDevice device, TpmEndorsementKeyKind? wanted, CancellationToken cancel)
    {
        foreach (var kind in TpmEndorsementKind.All.Where(kind => wanted is null || kind.Kind == wanted))
        {
            if (await device.NvReadAsync(kind.CertificateIndex, cancel) is not { } stored)
                continue;

            var (certificate, key) = Read(device, kind, stored);
            if (await PersistentIsAsync(device, key, cancel))
                return new(device, kind, certificate, primary: null);

            var primary = new TpmPrimaryKey(device, TpmHierarchy.Endorsement, kind.Template);
            if (!(await primary.GetPublicAsync(cancel)).ToSubjectPublicKeyInfo().AsSpan().SequenceEqual(key))
                throw new TpmUnavailableException(
                    device.Endpoint, $"has a certificate for an {kind.Kind} endorsement key that the TCG's default template does not make");

            return new(device, kind, certificate, primary);
        }

        throw new TpmUnavailableException(
            device.Endpoint,
            $"carries no certificate of {(wanted is { } one ? $"an {one}" : "an")} endorsement key (NV 0x01c00002, 0x01c0000a, 0x01c00016); "
            + "enroll its attestation key instead");
    }

    public ValueTask<SecretBytes> ActivateAsync(uint attestationKey, TpmCredential credential, CancellationToken cancel) =>
        _primary is { } primary
            ? primary.UseAsync(handle => ActivateAsync(attestationKey, handle, credential, cancel), cancel)
            : ActivateAsync(attestationKey, PersistentHandle, credential, cancel);

    private async ValueTask<SecretBytes> ActivateAsync(uint attestationKey, uint handle, TpmCredential credential, CancellationToken cancel)
    {
        if (!_kind.NeedsPolicy)
            return await _device.ActivateCredentialAsync(attestationKey, handle, TpmDevice.EmptyPassword, credential, cancel);

        var session = await _device.StartPolicySessionAsync(cancel);
        try
        {
            await _device.PolicySecretAsync(TpmHierarchy.Endorsement, session, cancel);
            return await _device.ActivateCredentialAsync(attestationKey, handle, session, credential, cancel);
        }
        catch
        {
            // Success uses the session up; only a failure leaves it.
            await _device.FlushContextAsync(session, CancellationToken.None);
            throw;
        }
    }

    private static async ValueTask<bool> PersistentIsAsync(TpmDevice device, byte[] key, CancellationToken cancel)
    {
        try
        {
            return (await device.ReadPublicAsync(PersistentHandle, cancel)).ToSubjectPublicKeyInfo().AsSpan().SequenceEqual(key);
        }
        catch (Exception error) when (error is TpmException { IsNotFound: true } or MalformedDataException)
        {
            return false;
        }
    }

    private static (byte[] Certificate, byte[] Key) Read(TpmDevice device, TpmEndorsementKind kind, byte[] stored)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(WithoutPadding(stored));
            return (certificate.RawData, certificate.PublicKey.ExportSubjectPublicKeyInfo());
        }
        catch (CryptographicException error)
        {
            throw new TpmUnavailableException(device.Endpoint, $"has no X.509 certificate at NV 0x{kind.CertificateIndex:x8}", error);
        }
    }

    private static ReadOnlySpan<byte> WithoutPadding(ReadOnlySpan<byte> stored)
    {
        // SEQUENCE with a two-byte length: every certificate is between 256 and 65535 bytes long.
        if (stored is not [0x30, 0x82, _, _, ..])
            return stored;

        var length = 4 + (stored[2] << 8 | stored[3]);
        return length <= stored.Length ? stored[..length] : stored;
    }
}
