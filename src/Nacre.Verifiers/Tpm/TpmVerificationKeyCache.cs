using Nacre.Formats;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// Attestation keys that are vouched for and were read before: reading one costs ten times what checking a signature with it does. A key from
/// here belongs to the cache: it must not be disposed. Safe for use by several threads.
/// </summary>
internal sealed class TpmVerificationKeyCache
{
    // Only whom an administrator or a TPM's maker vouches for gets in.
    private readonly ContentCache<Known> _keys = new(4096);

    /// <summary>As <see cref="TpmVerificationKey.Read"/>.</summary>
    public TpmVerificationKey? Read(ReadOnlySpan<byte> subjectPublicKeyInfo, out string found)
    {
        if (_keys.Find(subjectPublicKeyInfo) is { } known)
        {
            found = known.Found;
            return known.Key;
        }

        var key = TpmVerificationKey.Read(subjectPublicKeyInfo, out found);
        return key is null ? null : _keys.Add(subjectPublicKeyInfo, new Known(key, found)).Key;
    }

    private sealed record Known(TpmVerificationKey Key, string Found);
}
