using Nacre.Linux.Pkcs11;

namespace Nacre.KeyBroker.Plugins.Pkcs11;

/// <summary>
/// Secrets as generic secret objects on a token, by label (trust.md 2.6). Labels need not be unique on a token: a replaced secret is there
/// twice for a moment, and after a crash for longer. What was written last has the highest id, and is the one that is read.
/// </summary>
internal sealed class Pkcs11Secrets(Pkcs11Token token, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1);

    /// <summary>Null when there is none. The caller zeroes it.</summary>
    public ValueTask<byte[]?> FindAsync(string label, CancellationToken cancel) =>
        token.UseAsync(session => Newest(session, label) is { } handle ? session.Read(handle, Pkcs11AttributeType.Value) : null, cancel);

    public async ValueTask SetAsync(string label, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            var id = Guid.CreateVersion7(clock.GetUtcNow()).ToByteArray(bigEndian: true);
            await token.UseAsync(
                session =>
                {
                    var former = All(session, label);
                    session.Create(Pkcs11Template.GenericSecret(label, value.Span).Bytes(Pkcs11AttributeType.Id, id));
                    return DestroyAll(session, former);
                },
                cancel);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>False when there was none.</summary>
    public ValueTask<bool> DeleteAsync(string label, CancellationToken cancel) =>
        token.UseAsync(session => DestroyAll(session, All(session, label)), cancel);

    public void Dispose() => _writing.Dispose();

    private static IReadOnlyList<ulong> All(Pkcs11Session session, string label) =>
        session.Find(new Pkcs11Template().Class(Pkcs11Class.SecretKey).Label(label));

    private static ulong? Newest(Pkcs11Session session, string label)
    {
        var all = All(session, label);
        return all.Count switch
        {
            0 => null,
            1 => all[0],
            _ => all.MaxBy(handle => Convert.ToHexString(session.Read(handle, Pkcs11AttributeType.Id)), StringComparer.Ordinal),
        };
    }

    private static bool DestroyAll(Pkcs11Session session, IReadOnlyList<ulong> handles)
    {
        var any = false;
        foreach (var handle in handles)
            any |= session.Destroy(handle);
        return any;
    }
}
