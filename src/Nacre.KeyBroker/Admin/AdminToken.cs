using System.Security.Cryptography;
using System.Text;
using Nacre.Formats.Jose;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.KeyBroker.Admin;

/// <summary>The administrator's bearer token: 256 random bits, in a file of mode 0600 once, kept only as a hash.</summary>
public sealed class AdminToken
{
    private const string Space = "key";
    private const string KeyName = "admin-token-sha256";
    private const int TokenBytes = 32;

    private readonly byte[] _hash;

    private AdminToken(byte[] hash) => _hash = hash;

    /// <summary>Makes the token and writes its file when the store has none. Call while no other process opens the same store.</summary>
    public static async Task<AdminToken> OpenAsync(IKeyValueStore store, string path, CancellationToken cancel)
    {
        if (await store.FindAsync(Space, KeyName, cancel) is { } stored)
            return new AdminToken(stored.Value);

        // The file first: a token whose file was never written could not be used, and no other would be made.
        var token = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(TokenBytes));
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(token + "\n"));
        var hash = Hash(token);
        await store.WriteAsync([StoreWrite.Set(Space, KeyName, hash, WriteCondition.None)], cancel);
        return new AdminToken(hash);
    }

    public bool Is(string bearer) => CryptographicOperations.FixedTimeEquals(Hash(bearer), _hash);

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
