using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.KeyBroker;

/// <summary>What every server starts from: its data directory, its store, and the key that opens it.</summary>
internal sealed class ServerStore : IAsyncDisposable
{
    private readonly OpenedStore _opened;
    private readonly MasterKeySet _masters;
    private readonly OpenedParts _turns;

    private ServerStore(OpenedStore opened, MasterKeySet masters, EncryptedStore values, OpenedParts turns) =>
        (_opened, _masters, Values, _turns) = (opened, masters, values, turns);

    /// <summary>Encrypted on their way to the disk.</summary>
    public EncryptedStore Values { get; }

    /// <summary>
    /// Until <see cref="StartedAsync"/> no other server starts on the directory or the store: one at a time makes keys and files, the others then
    /// find them.
    /// </summary>
    public static async Task<ServerStore> OpenAsync(TrustServerOptions options, CancellationToken cancel)
    {
        Directory.CreateDirectory(options.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (opened, turns) = (new OpenedParts(), new OpenedParts());
        try
        {
            turns.Keep(opened.Keep(await StartTurn.TakeAsync(options.DataDirectory, options.Clock, cancel)));
            var masters = options.OpenMasterKeys is { } open
                ? await open(cancel) : new MasterKeySet([MasterKey.FromFile(TrustServer.MasterKeyPath(options.DataDirectory))]);
            opened.Keep(masters);
            var places = opened.Keep(await StoreList.OpenAsync(
                new() { Address = options.Store, Directory = options.DataDirectory, Password = options.StorePassword }, options.Clock, cancel));
            if (places.TakeStartTurnAsync is { } take)
                turns.Keep(opened.Keep(await take(cancel)));
            return new ServerStore(
                places, masters, await EncryptedStore.OpenAsync(places.Values, masters.Keys, options.Clock, cancel), turns);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>The store with other values: the same ones, measured.</summary>
    public OpenedStore With(IKeyValueStore values) => _opened with { Values = values };

    /// <summary>Lets the next server start.</summary>
    public ValueTask StartedAsync() => _turns.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await StartedAsync();
        await (_opened with { Values = Values }).DisposeAsync();
        await _masters.DisposeAsync();
    }
}
