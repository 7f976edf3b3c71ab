using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images;

namespace Nacre.Cli.Image;

/// <summary>Attests only when something is asked for, and once.</summary>
internal sealed class LazyResourceSource(Func<CancellationToken, Task<IResourceSource>> create) : IResourceSource
{
    private readonly Lock _gate = new();
    private Task<IResourceSource>? _source;

    public async ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel)
    {
        Task<IResourceSource> source;
        lock (_gate)
            source = _source ??= create(cancel);
        return await (await source).GetAsync(uri, cancel);
    }
}
