namespace Nacre.Storage.Encryption;

/// <summary>The master keys that a program was given; it has more than one only while one is replaced by another.</summary>
/// <param name="keys">At least one; the first is for new stores. Taken over.</param>
public sealed class MasterKeySet(IReadOnlyList<IMasterKey> keys) : IAsyncDisposable
{
    public IReadOnlyList<IMasterKey> Keys { get; } = keys;

    public async ValueTask DisposeAsync()
    {
        foreach (var key in Keys)
            await key.DisposeAsync();
    }
}
