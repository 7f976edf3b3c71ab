using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Storage.Encryption;

/// <summary>The key that wraps the data keys of a store. Losing it loses everything in the store.</summary>
public sealed class MasterKey : IDisposable
{
    public const int Size = 32;

    /// <summary>In the data directory, unless another place is given.</summary>
    public const string FileName = "master.key";

    private readonly SecretBytes _key;

    public MasterKey(SecretBytes key)
    {
        if (key.Reveal().Length != Size)
            throw new ArgumentException($"must be {Size} bytes", nameof(key));
        _key = key;
    }

    /// <summary>Reads the key file, or makes one with mode 0600 when there is none.</summary>
    /// <exception cref="StoreException">The file cannot be read, has the wrong size, or can be read by others.</exception>
    public static MasterKey FromFile(string path)
    {
        try
        {
            if (!File.Exists(path))
                PrivateFile.Write(path, RandomNumberGenerator.GetBytes(Size));

            var others = File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            if (others != UnixFileMode.None)
                throw new StoreException($"the master key '{path}' has more permissions than 0600; set them with: chmod 600 '{path}'");

            var bytes = File.ReadAllBytes(path);
            return bytes.Length == Size
                ? new MasterKey(SecretBytes.Own(bytes))
                : throw new StoreException($"the master key '{path}' has {bytes.Length} bytes, must have {Size}; restore it from a backup");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the master key '{path}' cannot be read or made: {e.Message}", e);
        }
    }

    internal byte[] Wrap(ReadOnlySpan<byte> dataKey, ReadOnlySpan<byte> context) => Sealed.Seal(_key.Reveal(), dataKey, context);

    internal byte[]? Unwrap(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> context) => Sealed.Open(_key.Reveal(), wrapped, context);

    public void Dispose() => _key.Dispose();
}
