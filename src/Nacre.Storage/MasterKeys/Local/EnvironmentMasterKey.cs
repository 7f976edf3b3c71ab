using Nacre.Formats;
using Nacre.Storage.Encryption;

namespace Nacre.Storage.MasterKeys.Local;

/// <summary><c>env:VARIABLE</c>: 32 bytes as base64 in an environment variable.</summary>
public static class EnvironmentMasterKey
{
    public static MasterKeySource Source { get; } = new("env", "env:VARIABLE", (name, surroundings, _) => ValueTask.FromResult<IMasterKey>(
        Parse(name, surroundings.Variable(name) ?? throw new StoreException($"the variable '{name}' of the master key is not set; {Remedy}"))));

    private const string Remedy = "make a key with: openssl rand -base64 32";

    /// <exception cref="StoreException">The text is no base64 of 32 bytes.</exception>
    public static MasterKey Parse(string name, string text)
    {
        var bytes = new byte[MasterKey.Size];
        return Convert.TryFromBase64String(text, bytes, out var count) && count == MasterKey.Size
            ? new MasterKey(SecretBytes.Own(bytes)) : throw new StoreException($"{name} is not base64 of {MasterKey.Size} bytes; {Remedy}");
    }
}
