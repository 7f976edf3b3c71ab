using Nacre.Formats;

namespace Nacre.Storage.Encryption;

/// <summary>
/// A key that wraps the data keys of a store, wherever it is kept. It is asked once when a store is opened and for each new data key, not
/// for values. Safe for concurrent use.
/// </summary>
public interface IMasterKey : IAsyncDisposable
{
    /// <summary>Says which key it is, not how it is reached; kept beside what it wrapped. Never secret, at most 512 characters.</summary>
    string Id { get; }

    /// <summary>Encrypts a data key so that only this key opens it, and only under the same context.</summary>
    /// <exception cref="StoreException">The key cannot be reached, or may not be used.</exception>
    ValueTask<byte[]> WrapAsync(SecretBytes dataKey, ReadOnlyMemory<byte> context, CancellationToken cancel);

    /// <exception cref="StoreException">The key cannot be reached, or may not be used, or did not wrap this.</exception>
    ValueTask<SecretBytes> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, CancellationToken cancel);
}
