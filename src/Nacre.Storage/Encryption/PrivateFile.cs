using System.Security.Cryptography;

namespace Nacre.Storage.Encryption;

/// <summary>Small files that only their owner may read: written beside their place, flushed, then moved there, so that none is ever half there.</summary>
public static class PrivateFile
{
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var beside = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.new";
        using (var file = new FileStream(beside, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}
