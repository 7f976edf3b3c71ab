using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Storage.Encryption;

/// <summary>A master key whose 32 bytes this process holds. Losing them loses everything in the store.</summary>
public sealed class MasterKey : IMasterKey, IDisposable
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
        Id = $"local:{Convert.ToHexStringLower(HMACSHA256.HashData(key.Reveal(), "nacre master key id"u8))[..16]}";
    }

    /// <summary>A digest of the key, so that a copy of the file elsewhere is the same key.</summary>
    public string Id { get; }

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

    public ValueTask<byte[]> WrapAsync(SecretBytes dataKey, ReadOnlyMemory<byte> context, CancellationToken cancel) =>
        ValueTask.FromResult(Sealed.Seal(_key.Reveal(), dataKey.Reveal(), context.Span));

    public ValueTask<SecretBytes> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, CancellationToken cancel) =>
        Sealed.Open(_key.Reveal(), wrapped.Span, context.Span) is { } dataKey
            ? ValueTask.FromResult(SecretBytes.Own(dataKey))
            : throw new StoreException($"the master key {Id} does not open this store; use the key that it was made with");

    public void Dispose() => _key.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
