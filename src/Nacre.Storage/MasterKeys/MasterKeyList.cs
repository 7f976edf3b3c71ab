using Nacre.Storage.Encryption;
using Nacre.Storage.MasterKeys.AwsKms;
using Nacre.Storage.MasterKeys.Local;
using Nacre.Storage.MasterKeys.Pkcs11;
using Nacre.Storage.MasterKeys.VaultTransit;

namespace Nacre.Storage.MasterKeys;

/// <summary>The places where master keys are kept. To add one: a folder and a line here.</summary>
public static class MasterKeyList
{
    public static IReadOnlyList<MasterKeySource> Sources { get; } =
    [
        FileMasterKey.Source,
        EnvironmentMasterKey.Source,
        Pkcs11MasterKey.Source,
        AwsKmsMasterKey.Source,
        VaultTransitMasterKey.Source,
    ];

    /// <param name="address">Scheme, colon, and what the source understands.</param>
    /// <param name="sources"><see cref="Sources"/>, and those that a program adds.</param>
    /// <param name="surroundings">Where secrets come from.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="StoreException">There is no such source, or the key cannot be opened.</exception>
    public static ValueTask<IMasterKey> OpenAsync(
        string address, IReadOnlyList<MasterKeySource> sources, MasterKeySurroundings surroundings, CancellationToken cancel)
    {
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon < 0 ? "" : address[..colon];
        return sources.FirstOrDefault(source => source.Scheme == scheme) is { } found
            ? found.OpenAsync(address[(colon + 1)..], surroundings, cancel)
            : throw new StoreException($"'{address}' is no master key; use {string.Join(", or ", sources.Select(source => source.Form))}");
    }
}
