using System.Security.Cryptography;

namespace Nacre.Images.Encryption;

/// <summary>A recipient with an RSA or EC key of its own, without any key broker (ocicrypt's <c>jwe:</c>).</summary>
public sealed class JweRecipient(AsymmetricAlgorithm publicKey) : ILayerRecipient
{
    public string Annotation => LayerKeyAnnotations.Jwe;

    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> privateOptions, CancellationToken cancel) =>
        new(JweMessage.Encrypt(publicKey, privateOptions.Span));
}

/// <summary>Opens what was wrapped for one private key. The key is the caller's.</summary>
public sealed class JweUnwrapper(AsymmetricAlgorithm privateKey) : ILayerKeyUnwrapper
{
    public bool Reads(string annotation) => annotation == LayerKeyAnnotations.Jwe;

    public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> packet, string where, CancellationToken cancel) =>
        JweMessage.Decrypt(privateKey, packet.Span) is { } secret ? new(secret) : throw new ImageException(
            ImageFault.KeyUnavailable, "the private key is none of the recipients'", where, "give the key that the image was encrypted for");
}

/// <summary>Keys of recipients from PEM.</summary>
public static class RecipientKey
{
    /// <summary>An RSA or EC key, public or private; the caller disposes it.</summary>
    /// <exception cref="ImageException">It is neither.</exception>
    public static AsymmetricAlgorithm Parse(string pem, string where)
    {
        foreach (var key in (AsymmetricAlgorithm[])[RSA.Create(), ECDiffieHellman.Create()])
        {
            try
            {
                key.ImportFromPem(pem);
                return key;
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException)
            {
                key.Dispose();
            }
        }

        throw new ImageException(ImageFault.Malformed, "the key is neither an RSA nor an EC key in PEM", where, "give a key that openssl wrote, without a passphrase");
    }
}
