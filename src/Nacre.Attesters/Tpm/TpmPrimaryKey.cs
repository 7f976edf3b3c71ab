using Nacre.Evidence.Tpm;

namespace Nacre.Attesters.Tpm;

/// <summary>
/// A primary key that is in the TPM only while it is used. A TPM has room for three; between uses the key waits outside as an encrypted
/// context, so a program that is killed leaves nothing behind.
/// </summary>
internal sealed class TpmPrimaryKey(TpmDevice device, TpmHierarchy hierarchy, byte[] template)
{
    private byte[]? _context;

    /// <summary>Known after the first use.</summary>
    public TpmPublic? Public { get; private set; }

    public async ValueTask<TpmPublic> GetPublicAsync(CancellationToken cancel) =>
        Public ?? await UseAsync(_ => ValueTask.FromResult(Public!), cancel);

    /// <summary>Loads the key, runs <paramref name="use"/> with its handle, and unloads it whatever happens.</summary>
    public async ValueTask<T> UseAsync<T>(Func<uint, ValueTask<T>> use, CancellationToken cancel)
    {
        var handle = await LoadAsync(cancel);
        try
        {
            return await use(handle);
        }
        finally
        {
            await device.FlushContextAsync(handle, CancellationToken.None);
        }
    }

    private async ValueTask<uint> LoadAsync(CancellationToken cancel)
    {
        if (_context is { } context)
        {
            try
            {
                return await device.ContextLoadAsync(context, cancel);
            }
            catch (TpmException)
            {
                // A reset of the TPM makes old contexts worthless; the key itself comes back the same.
                _context = null;
            }
        }

        var (handle, made) = await device.CreatePrimaryAsync(hierarchy, template, cancel);
        if (Public is { } before && !before.Raw.Span.SequenceEqual(made.Raw.Span))
        {
            await device.FlushContextAsync(handle, CancellationToken.None);
            throw new TpmUnavailableException(device.Endpoint, "makes another key than before: it was cleared or replaced; start again");
        }

        Public = made;
        _context = await device.ContextSaveAsync(handle, cancel);
        return handle;
    }
}
