using System.Collections.Frozen;
using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Storage.Encryption;

/// <summary>The data keys as a process has them: what it writes with, and all that it has ever read with.</summary>
/// <param name="version">Of the row that they come from.</param>
/// <param name="current">Id of the key for writing.</param>
/// <param name="byId">Keys that were dropped from the row stay, for readers that are under way.</param>
internal sealed class DataKeys(long version, int current, IReadOnlyDictionary<int, SecretBytes> byId) : IDisposable
{
    /// <summary>In the first version of this program, where there was one key.</summary>
    private const byte LoneFormat = 1;

    /// <summary>This byte, the id of the key (32 bits, big-endian), and the sealed value.</summary>
    private const byte Format = 2;

    private const int HeadBytes = 5;

    private readonly FrozenDictionary<int, SealingKey> _ciphers = byId.ToFrozenDictionary(key => key.Key, key => new SealingKey(key.Value));

    public long Version => version;

    public int Current => current;

    public SecretBytes? Find(int id) => byId.GetValueOrDefault(id);

    /// <summary>With the keys of a newer row; one that is the same is kept.</summary>
    public DataKeys With(long newVersion, int newCurrent, IReadOnlyDictionary<int, SecretBytes> newer)
    {
        var all = byId.ToDictionary();
        foreach (var (id, key) in newer)
            all[id] = key;
        return new DataKeys(newVersion, newCurrent, all);
    }

    public byte[] Encrypt(ReadOnlySpan<byte> value, ReadOnlySpan<byte> context)
    {
        var body = _ciphers[current].Seal(value, context);
        return current == 0
            ? [LoneFormat, .. body]
            : [Format, (byte)(current >> 24), (byte)(current >> 16), (byte)(current >> 8), (byte)current, .. body];
    }

    /// <summary>Null when a byte of it or its context was changed, or the key is not here.</summary>
    public byte[]? Decrypt(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> context) =>
        KeyOf(stored) is { } id && _ciphers.TryGetValue(id, out var cipher)
            ? cipher.Open(stored[(stored[0] == LoneFormat ? 1 : HeadBytes)..], context) : null;

    /// <summary>Which key a value is under; null when it is no value of this program.</summary>
    public static int? KeyOf(ReadOnlySpan<byte> stored) => stored switch
    {
        [LoneFormat, ..] => 0,
        [Format, < 0x80 and var a, var b, var c, var d, ..] when (a | b | c | d) != 0 => a << 24 | b << 16 | c << 8 | d,
        _ => null,
    };

    public static string CheckOf(SecretBytes key) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key.Reveal(), "nacre data key check"u8))[..16];

    public void Dispose()
    {
        foreach (var cipher in _ciphers.Values)
            cipher.Dispose();
        foreach (var key in byId.Values)
            key.Dispose();
    }
}
