using System.Security.Cryptography;

namespace Nacre.KeyBroker.Health;

/// <summary>Whether a folder takes a file, with its content on the disk.</summary>
internal static class WritableFolder
{
    // More than the name of an empty file, which a full disk may still take.
    private const int Size = 4096;

    /// <exception cref="IOException">It does not, as on a full disk.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not of this user.</exception>
    public static void Require(string folder)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, $".writable-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            Options = FileOptions.DeleteOnClose,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(new byte[Size]);
        file.Flush(flushToDisk: true);
    }
}
