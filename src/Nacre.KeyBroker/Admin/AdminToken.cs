using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Http;
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

    /// <exception cref="KbsProblemException">401 unless it is the token.</exception>
    public void Require([NotNull] string? bearer, string endpoint)
    {
        if (bearer is null || !CryptographicOperations.FixedTimeEquals(Hash(bearer), _hash))
        {
            throw new KbsProblemException(
                401, ErrorTypes.AdminAuthAccess, $"admin access denied for endpoint {endpoint}: "
                + (bearer is null ? "Failed to parse HTTP Auth Bearer header" : "Cannot verify token with any of the issuers"));
        }
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
