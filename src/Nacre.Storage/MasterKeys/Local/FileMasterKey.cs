using Nacre.Storage.Encryption;

namespace Nacre.Storage.MasterKeys.Local;

/// <summary><c>file:PATH</c>: 32 bytes in a file of mode 0600, made when there is none.</summary>
public static class FileMasterKey
{
    public static MasterKeySource Source { get; } = new("file", "file:PATH", (path, _, _) => path.Length > 0
        ? ValueTask.FromResult<IMasterKey>(MasterKey.FromFile(Path.GetFullPath(path)))
        : throw new StoreException("'file:' names no file; write file:PATH"));
}
