using System.Buffers.Binary;
using System.Security.Cryptography;
using Nacre.Evidence.Se;
using Nacre.Formats;

namespace Nacre.Verifiers.Se;

/// <summary>
/// What a challenge leaves the verifier to know: the guest carries it, sealed with AES-256-GCM. Both parts belong together, neither can be
/// made or read by anyone else, and both end when the challenge does.
/// </summary>
internal sealed record SeSealedState(
    DateTimeOffset Expires, SeImageTags ImageTags, IReadOnlyList<byte[]> HostKeyHashes, SeRequestSecrets Secrets) : IDisposable
{
    private const byte Version = 1;
    private const int IvSize = 12;
    private const int TagSize = 16;
    private const string Structure = "se.sealed_state";

    public void Dispose() => Secrets.Dispose();

    /// <summary>The two blobs: state with measurement key, and nonce.</summary>
    public (byte[] Key, byte[] Nonce) Seal(SecretBytes sealKey)
    {
        var expires = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(expires, Expires.ToUnixTimeSeconds());
        using var state = SecretBytes.Own(
        [
            .. expires, .. ImageTags.Raw.Span, checked((byte)HostKeyHashes.Count), .. HostKeyHashes.SelectMany(hash => hash),
            .. Secrets.MeasurementKey.Reveal(),
        ]);
        var key = SealOne(sealKey, state.Reveal(), "key"u8);
        return (key, SealOne(sealKey, Secrets.Nonce.Reveal(), key));
    }

    /// <summary>Null when the blobs were not sealed with this key, or not together.</summary>
    public static SeSealedState? Open(SecretBytes sealKey, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce)
    {
        using var state = OpenOne(sealKey, key, "key"u8);
        var number = OpenOne(sealKey, nonce, key);
        if (state is null || number is null)
        {
            number?.Dispose();
            return null;
        }

        // Only this class sealed it, so it is well-formed unless another release did.
        var r = new StructReader(Structure, state.Reveal());
        var expires = DateTimeOffset.FromUnixTimeSeconds((long)r.UInt64BE("expires"));
        var tags = SeImageTags.Parse(r.Bytes(SeImageTags.Size, "image_tags").ToArray());
        var hashes = new byte[r.UInt8("host_keys")][];
        for (var i = 0; i < hashes.Length; i++)
            hashes[i] = r.Bytes(SeAdditionalData.HostKeyHashSize, "host_key").ToArray();
        var measurementKey = SecretBytes.Copy(r.Bytes(SeAttestationRequest.MeasurementKeySize, "measurement_key"));
        r.End();
        return new(expires, tags, hashes, new(measurementKey, number));
    }

    private static byte[] SealOne(SecretBytes sealKey, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context)
    {
        var blob = new byte[1 + IvSize + plain.Length + TagSize];
        blob[0] = Version;
        RandomNumberGenerator.Fill(blob.AsSpan(1, IvSize));
        using var cipher = new AesGcm(sealKey.Reveal(), TagSize);
        cipher.Encrypt(blob.AsSpan(1, IvSize), plain, blob.AsSpan(1 + IvSize, plain.Length), blob.AsSpan(^TagSize..), context);
        return blob;
    }

    private static SecretBytes? OpenOne(SecretBytes sealKey, ReadOnlySpan<byte> blob, ReadOnlySpan<byte> context) =>
        blob.Length > 1 + IvSize + TagSize && blob[0] == Version
            ? SeRequestCipher.Decrypt(sealKey, blob.Slice(1, IvSize), blob[(1 + IvSize)..^TagSize], blob[^TagSize..], context) : null;
}
