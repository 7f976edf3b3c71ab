namespace Nacre.Storage.Upstream;

/// <summary>
/// Upstream's LocalFs: <c>DIR/NAMESPACE/KEY</c>, in which slashes of the key are the four characters <c>\x2F</c>. Older versions have real
/// directories instead, and Kubernetes mounts secrets that way; both are read.
/// </summary>
internal static class LocalFsDirectory
{
    private const string Slash = @"\x2F";
    private const int MaxDepth = 8;

    public static IEnumerable<UpstreamValue> Read(string directory)
    {
        var root = Resolve(directory);
        foreach (var space in Directory.EnumerateFileSystemEntries(directory).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(space);
            if (name[0] == '.')
                continue;
            if (!Directory.Exists(space))
                throw new StoreException($"'{space}' is a file where directories of namespaces are; name the directory above them");

            foreach (var value in ReadAll(root, name, "", space, MaxDepth))
                yield return value;
        }
    }

    private static IEnumerable<UpstreamValue> ReadAll(string root, string space, string prefix, string directory, int depth)
    {
        if (depth == 0)
            throw new StoreException($"'{directory}' is nested too deeply");

        foreach (var path in Directory.EnumerateFileSystemEntries(directory).Order(StringComparer.Ordinal))
        {
            // A mounted secret has its files in a directory of that kind, with links beside it.
            var name = Path.GetFileName(path);
            if (name[0] == '.')
                continue;

            var real = Resolve(path);
            if (!real.StartsWith(root + "/", StringComparison.Ordinal))
                throw new StoreException($"'{path}' is a link that leads out of the directory");

            var key = prefix + name.Replace(Slash, "/", StringComparison.Ordinal);
            if (!Directory.Exists(real))
                yield return new UpstreamValue(space, key, ReadFile(real), path);
            else
            {
                foreach (var value in ReadAll(root, space, $"{key}/", path, depth - 1))
                    yield return value;
            }
        }
    }

    // Links anywhere in the path, until there are none.
    private static string Resolve(string path)
    {
        var resolved = "/";
        foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            resolved = (Directory.Exists(next) ? new DirectoryInfo(next) : (FileSystemInfo)new FileInfo(next)).ResolveLinkTarget(true) is { } target
                ? Resolve(target.FullName) : next;
        }

        return resolved;
    }

    private static byte[] ReadFile(string path)
    {
        var file = new FileInfo(path);
        if (file.Length > StoreWrite.MaxValueBytes)
            throw new StoreException($"'{path}' is larger than {StoreWrite.MaxValueBytes} bytes");
        if ((file.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) != FileAttributes.None)
            throw new StoreException($"'{path}' is no plain file");
        return File.ReadAllBytes(path);
    }
}
