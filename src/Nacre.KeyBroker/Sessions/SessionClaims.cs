using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.KeyBroker.Sessions;

/// <summary>
/// Makes the cookie of an attested guest and reads it back. The claims ride in the cookie when they fit, which they do for a TPM; larger
/// ones (event logs) are put into the store until the session expires.
/// </summary>
public sealed class SessionClaims(IKeyValueStore store, SessionSealer sealer, TimeProvider clock)
{
    private const string Space = "session";
    private const byte Plain = 0;
    private const byte Deflated = 1;

    /// <summary>Compression costs more than the bytes it saves while the cookie stays well within its limit.</summary>
    private const int MaxPlain = 2400;

    private const int SweepEvery = 64;
    private const int SweepBatch = 500;

    private int _writes;

    public async ValueTask<string> SealAsync(
        JsonObject claims, string nonce, DateTimeOffset expires, string guest, CancellationToken cancel)
    {
        var json = JsonText.Utf8(claims);
        var packed = Pack(json);
        var inside = sealer.Seal(new AttestedState(expires, nonce, packed, null, guest).ToBytes());
        if (inside.Length <= SessionSealer.MaxCookieLength)
            return inside;

        // Sorted by expiry, so that those to forget come first.
        var key = $"{expires.ToUnixTimeSeconds():x12}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        await store.SetAsync(Space, key, packed, WriteCondition.None, cancel);
        if (Interlocked.Increment(ref _writes) % SweepEvery == 0)
            await SweepAsync(cancel);
        return sealer.Seal(new AttestedState(expires, nonce, null, key, guest).ToBytes());
    }

    /// <summary>Null when the session has expired meanwhile.</summary>
    public async ValueTask<JsonObject?> ReadAsync(AttestedState session, CancellationToken cancel)
    {
        var packed = session.Claims ?? (await store.FindAsync(Space, session.StoredClaims!, cancel))?.Value;
        if (packed is null)
            return null;

        using var document = StrictJson.Parse(Unpack(packed), "session.claims", JsonWebToken.MaxLength);
        return JsonObject.Create(document.RootElement.Clone());
    }

    private async ValueTask SweepAsync(CancellationToken cancel)
    {
        var now = $"{clock.GetUtcNow().ToUnixTimeSeconds():x12}";
        var expired = (await store.ListAsync(Space, "", null, SweepBatch, cancel)).Where(key => string.CompareOrdinal(key, now) < 0).ToList();
        if (expired.Count > 0)
            await store.WriteAsync([.. expired.Select(key => StoreWrite.Delete(Space, key))], cancel);
    }

    private static byte[] Pack(byte[] json)
    {
        if (json.Length <= MaxPlain)
            return [Plain, .. json];

        using var output = new MemoryStream(json.Length / 2);
        output.WriteByte(Deflated);
        using (var deflate = new DeflateStream(output, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(json);
        return output.ToArray();
    }

    // The bytes were sealed by this server, so their size is what it made them.
    private static byte[] Unpack(byte[] packed)
    {
        if (packed[0] == Plain)
            return packed[1..];

        using var output = new MemoryStream();
        using var deflate = new DeflateStream(new MemoryStream(packed, 1, packed.Length - 1, writable: false), CompressionMode.Decompress);
        deflate.CopyTo(output);
        return output.ToArray();
    }
}
