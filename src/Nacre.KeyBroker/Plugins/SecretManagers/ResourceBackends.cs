using System.Diagnostics.CodeAnalysis;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <summary>
/// Which resources are kept elsewhere than in our store: the tables <c>[[plugins]] name = "resource"</c>, each for what is below its
/// <c>path</c>. The longest path decides, segment by segment; what is below none is in our store.
/// </summary>
public sealed class ResourceBackends : IDisposable
{
    /// <summary>Of the tables.</summary>
    public const string PluginName = "resource";

    private const string Store = "kvstorage";

    // Null stands for our store.
    private readonly Dictionary<string, IResourceBackend?> _byPath = [];

    private static readonly Dictionary<string, Func<BackendSettings, IResourceBackend>> s_types = new()
    {
        ["Vault"] = Vault.VaultBackend.Open,
        ["Aws"] = Aws.AwsBackend.Open,
        ["Gcp"] = Gcp.GcpBackend.Open,
        ["Azure"] = Azure.AzureBackend.Open,
        ["Aliyun"] = Aliyun.AliyunBackend.Open,
    };

    private ResourceBackends()
    {
    }

    /// <exception cref="MalformedDataException">A type or a key is not known, or two are for one path.</exception>
    public static ResourceBackends Open(IEnumerable<PluginSettings> plugins, TimeProvider clock)
    {
        var backends = new ResourceBackends();
        try
        {
            foreach (var settings in plugins.Where(one => one.Name == PluginName))
                backends.Add(new BackendSettings(settings.Fields, settings.FindVariable, clock));
            return backends;
        }
        catch
        {
            backends.Dispose();
            throw;
        }
    }

    /// <summary>Null when it is in our store.</summary>
    public IResourceBackend? For(ResourceUri uri)
    {
        foreach (var path in (ReadOnlySpan<string>)[uri.Path, $"{uri.Repository}/{uri.Type}", uri.Repository, ""])
        {
            if (_byPath.TryGetValue(path, out var backend))
                return backend;
        }

        return null;
    }

    /// <summary>False when the resource is in our store.</summary>
    /// <exception cref="Http.KbsProblemException">The secret manager did not take it; meant for administrators.</exception>
    public async ValueTask<bool> TrySetAsync(ResourceUri uri, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        if (For(uri) is not { } backend)
            return false;
        try
        {
            await backend.SetAsync(uri, value, cancel);
            return true;
        }
        catch (BackendException e)
        {
            throw e.ToProblem();
        }
    }

    /// <summary>Null when the resource is in our store, else whether there was one.</summary>
    /// <exception cref="Http.KbsProblemException">As above.</exception>
    public async ValueTask<bool?> TryDeleteAsync(ResourceUri uri, CancellationToken cancel)
    {
        if (For(uri) is not { } backend)
            return null;
        try
        {
            return await backend.DeleteAsync(uri, cancel);
        }
        catch (BackendException e)
        {
            throw e.ToProblem();
        }
    }

    public void Dispose()
    {
        foreach (var backend in _byPath.Values)
            backend?.Dispose();
    }

    private void Add(BackendSettings settings)
    {
        var type = settings.Fields.FindText(BackendSettings.TypeKey, 32) ?? Store;
        var path = settings.Fields.FindText(BackendSettings.PathKey, 768) ?? "";
        if (!TryReadPath(path, out var key))
            throw settings.Fields.Malformed(BackendSettings.PathKey, "must be repository, repository/type or repository/type/tag");
        if (_byPath.ContainsKey(key))
            throw settings.Fields.Malformed(BackendSettings.PathKey, $"'{path}' is there twice; say with path what each back end is for");

        if (type == Store)
        {
            settings.Only();
            _byPath.Add(key, null);
        }
        else
        {
            _byPath.Add(key, s_types.TryGetValue(type, out var open) ? open(settings)
                : throw settings.Fields.Malformed(
                    BackendSettings.TypeKey, $"'{type}' is none; there are {string.Join(", ", [Store, .. s_types.Keys])}"));
        }
    }

    // With what is missing of a path filled in, it is one of a resource or none.
    private static bool TryReadPath(string text, [NotNullWhen(true)] out string? path)
    {
        path = text.EndsWith('/') ? text[..^1] : text;
        var missing = path.Length == 0 ? 3 : 2 - path.Count(c => c == '/');
        if (missing == 3 && text.Length == 0)
            return true;
        return missing >= 0 && ResourceUri.TryParsePath(path + string.Concat(Enumerable.Repeat("/x", missing)), out _, out _);
    }
}
