using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Ciphers;
using Nacre.Images.Oci;

namespace Nacre.Images.Encryption;

/// <summary>
/// The private options of a layer under a key that the key broker holds (guest.md 5.5). Written as version 1; version 2 of the data hub
/// is read too.
/// </summary>
public sealed record AnnotationPacket
{
    public const string Gcm = "A256GCM";
    public const string Ctr = "A256CTR";
    public const int KeySize = 32;

    private const int GcmNonceSize = 12;
    private const int GcmTagSize = 16;
    private const int LargestPacket = 64 * 1024;

    /// <summary>Where the key-encryption key is.</summary>
    public required ResourceUri KeyId { get; init; }

    public required string WrapType { get; init; }
    public required byte[] Iv { get; init; }
    public required byte[] WrappedData { get; init; }

    /// <summary>Puts <paramref name="secret"/> under <paramref name="key"/>, always with authentication.</summary>
    public static AnnotationPacket Wrap(ResourceUri keyId, ReadOnlySpan<byte> key, ReadOnlySpan<byte> secret)
    {
        var iv = RandomNumberGenerator.GetBytes(GcmNonceSize);
        var wrapped = new byte[secret.Length + GcmTagSize];
        using var gcm = new AesGcm(key, GcmTagSize);
        gcm.Encrypt(iv, secret, wrapped.AsSpan(0, secret.Length), wrapped.AsSpan(secret.Length));
        return new() { KeyId = keyId, WrapType = Gcm, Iv = iv, WrappedData = wrapped };
    }

    /// <summary>As <see cref="Wrap"/> with A256CTR, for readers that know nothing else. Nothing authenticates the result.</summary>
    public static AnnotationPacket WrapUnauthenticated(ResourceUri keyId, ReadOnlySpan<byte> key, ReadOnlySpan<byte> secret)
    {
        var iv = RandomNumberGenerator.GetBytes(AesCtr.BlockSize);
        var wrapped = new byte[secret.Length];
        using var cipher = new AesCtr(key, iv);
        cipher.Transform(secret, wrapped);
        return new() { KeyId = keyId, WrapType = Ctr, Iv = iv, WrappedData = wrapped };
    }

    /// <summary>The secret; the caller zeroes it.</summary>
    /// <exception cref="ImageException">The key is another one (<see cref="ImageFault.KeyUnavailable"/>).</exception>
    public byte[] Unwrap(ReadOnlySpan<byte> key, string where)
    {
        if (key.Length != KeySize)
        {
            throw new ImageException(ImageFault.KeyUnavailable, $"the key {KeyId} has {key.Length} bytes, must have {KeySize}", where,
                "put the key that the image was encrypted with there");
        }

        if (WrapType == Ctr)
        {
            var plain = new byte[WrappedData.Length];
            using var cipher = new AesCtr(key, Iv);
            cipher.Transform(WrappedData, plain);
            return plain;
        }

        var secret = new byte[WrappedData.Length - GcmTagSize];
        try
        {
            using var gcm = new AesGcm(key, GcmTagSize);
            gcm.Decrypt(Iv, WrappedData.AsSpan(0, secret.Length), WrappedData.AsSpan(secret.Length), secret);
            return secret;
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new ImageException(ImageFault.KeyUnavailable, $"the key {KeyId} does not open this layer", where,
                "put the key that the image was encrypted with there", e);
        }
    }

    public byte[] ToJson() => OciJson.Utf8(new JsonObject
    {
        ["kid"] = KeyId.ToString(),
        ["wrapped_data"] = Convert.ToBase64String(WrappedData),
        ["iv"] = Convert.ToBase64String(Iv),
        ["wrap_type"] = WrapType,
    });

    public static AnnotationPacket Parse(ReadOnlySpan<byte> json, string where)
    {
        if (json.Length > LargestPacket)
            throw OciJson.Malformed($"a key packet of {json.Length} bytes, at most {LargestPacket} are read", where);

        var root = OciJson.Parse(json, where);
        if (OciJson.FindText(root, "version", where) is { } version and not "0.1.0")
            throw new ImageException(ImageFault.Unsupported, $"key packet version '{version}'", where, "0.1.0 is known");
        if (OciJson.FindText(root, "provider", where) is { } provider and not "kbs")
            throw new ImageException(ImageFault.Unsupported, $"key packet of provider '{provider}'", where, "encrypt the image for a KBS");

        var keyId = OciJson.Text(root, "kid", where);
        if (!ResourceUri.TryParse(keyId, out var uri, out var problem))
            throw OciJson.Malformed($"'kid' {keyId}: {problem}", where);

        var packet = new AnnotationPacket
        {
            KeyId = uri,
            WrapType = OciJson.Text(root, "wrap_type", where),
            Iv = Base64.Decode(OciJson.Text(root, "iv", where), "iv", where),
            WrappedData = Base64.Decode(OciJson.Text(root, "wrapped_data", where), "wrapped_data", where),
        };
        return packet.WrapType switch
        {
            Gcm when packet.Iv.Length == GcmNonceSize && packet.WrappedData.Length > GcmTagSize => packet,
            Ctr when packet.Iv.Length == AesCtr.BlockSize && packet.WrappedData.Length > 0 => packet,
            Gcm or Ctr => throw OciJson.Malformed($"the lengths do not fit {packet.WrapType}", where),
            var other => throw new ImageException(ImageFault.Unsupported, $"wrap_type '{other}'", where, $"{Gcm} and {Ctr} are known"),
        };
    }
}
