using System.Security.Cryptography;
using Nacre.Formats.Ciphers;
using Nacre.Images.Transports;

namespace Nacre.Images.Encryption;

/// <summary>
/// AES_256_CTR_HMAC_SHA256 of ocicrypt (guest.md 5.2): one key for AES-256-CTR and for HMAC-SHA256 over the ciphertext.
/// </summary>
public static class LayerCipher
{
    public const string Name = "AES_256_CTR_HMAC_SHA256";
    public const int KeySize = 32;
    public const int NonceSize = 16;
    public const int MacSize = 32;
}

/// <summary>Reads plaintext, gives ciphertext; after the end <see cref="Mac"/> is the tag over it.</summary>
public sealed class LayerEncryptStream(Stream plaintext, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce) : ReadOnlyStream
{
    private readonly AesCtr _cipher = new(key, nonce);
    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
    private byte[]? _mac;

    public ReadOnlyMemory<byte> Mac => _mac ?? throw new InvalidOperationException("The layer was not read to its end.");

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _mac is not null)
            return 0;

        var count = await plaintext.ReadAsync(buffer, cancellationToken);
        if (count == 0)
        {
            _mac = _hmac.GetHashAndReset();
            return 0;
        }

        _cipher.Transform(buffer.Span[..count], buffer.Span);
        _hmac.AppendData(buffer.Span[..count]);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            _hmac.Dispose();
            plaintext.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>
/// Reads ciphertext, gives plaintext, and fails at the end unless the MAC is right. Plaintext comes out before that verdict, so whoever
/// reads must make nothing of it visible until the end was reached.
/// </summary>
public sealed class LayerDecryptStream(Stream ciphertext, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, byte[] expectedMac, string where)
    : ReadOnlyStream
{
    private readonly AesCtr _cipher = new(key, nonce);
    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
    private bool _verified;

    public bool Verified => _verified;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _verified)
            return 0;

        var count = await ciphertext.ReadAsync(buffer, cancellationToken);
        if (count > 0)
        {
            _hmac.AppendData(buffer.Span[..count]);
            _cipher.Transform(buffer.Span[..count], buffer.Span);
            return count;
        }

        // Neither value is shown: the key of the MAC is the key of the layer.
        if (!CryptographicOperations.FixedTimeEquals(_hmac.GetHashAndReset(), expectedMac))
        {
            throw new ImageException(ImageFault.MacMismatch, "the layer's HMAC-SHA256 does not fit its ciphertext", where,
                "the ciphertext, its annotations or its key were changed; push the image again and find out who changed it");
        }

        _verified = true;
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            _hmac.Dispose();
            ciphertext.Dispose();
        }

        base.Dispose(disposing);
    }
}
