using System.Collections.Concurrent;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// Attestation keys that are vouched for and were read before: reading one costs ten times what checking a signature with it does. A key from
/// here belongs to the cache: it must not be disposed. Safe for use by several threads.
/// </summary>
internal sealed class TpmVerificationKeyCache
{
    // Past it, it starts over. Only whom an administrator or a TPM's maker vouches for gets in.
    private const int Max = 4096;

    private readonly ConcurrentDictionary<string, (TpmVerificationKey Key, string Found)> _keys = new(StringComparer.Ordinal);

    /// <summary>As <see cref="TpmVerificationKey.Read"/>.</summary>
    public TpmVerificationKey? Read(ReadOnlySpan<byte> subjectPublicKeyInfo, out string found)
    {
        var name = Convert.ToHexStringLower(subjectPublicKeyInfo);
        if (_keys.TryGetValue(name, out var known))
        {
            found = known.Found;
            return known.Key;
        }

        var key = TpmVerificationKey.Read(subjectPublicKeyInfo, out found);
        if (key is null)
            return null;

        if (_keys.Count >= Max)
            _keys.Clear();
        return _keys.GetOrAdd(name, (key, found)).Key;
    }
}
