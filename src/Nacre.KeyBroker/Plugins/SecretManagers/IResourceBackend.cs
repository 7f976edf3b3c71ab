using Nacre.Evidence.Protocol;

namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <summary>
/// Where resources below a path are kept instead of in our store: a secret manager. Nothing is cached; a released secret is read each time.
/// </summary>
public interface IResourceBackend : IDisposable
{
    /// <summary>As <c>storage_backend_type</c> names it.</summary>
    string Type { get; }

    /// <summary>Null when there is none. At most <see cref="KbsProtocol.MaxMessageBytes"/>.</summary>
    /// <exception cref="BackendException">The secret manager does not answer, or not with a secret.</exception>
    ValueTask<byte[]?> FindAsync(ResourceUri uri, CancellationToken cancel);

    /// <exception cref="BackendException">As above, or it is read-only here.</exception>
    ValueTask SetAsync(ResourceUri uri, ReadOnlyMemory<byte> value, CancellationToken cancel) => throw BackendException.ReadOnly(Type);

    /// <summary>False when there was none.</summary>
    /// <exception cref="BackendException">As above, or it is read-only here.</exception>
    ValueTask<bool> DeleteAsync(ResourceUri uri, CancellationToken cancel) => throw BackendException.ReadOnly(Type);
}
