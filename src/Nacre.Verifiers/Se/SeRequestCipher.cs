using System.Buffers.Binary;
using System.Security.Cryptography;
using Nacre.Evidence.Se;
using Nacre.Formats;

namespace Nacre.Verifiers.Se;

/// <summary>
/// The encryption of attestation requests (evidence.md 12.1): the request key is wrapped for each host by a key agreed with it, and
/// encrypts the measurement key and the nonce.
/// </summary>
public static class SeRequestCipher
{
    private const int KeySize = 32;

    /// <summary>Key of a keyslot: SHA-256 over the agreed secret and a counter (ANSI X9.63).</summary>
    private static byte[] AgreeOnKey(ECDiffieHellman own, ECDiffieHellmanPublicKey other)
    {
        var agreed = own.DeriveRawSecretAgreement(other);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(agreed);
            hash.AppendData([0, 0, 0, 1]);
            return hash.GetHashAndReset();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(agreed);
        }
    }

    internal static byte[] Encrypt(
        ECDiffieHellman customer, IReadOnlyList<SeHostKey> hosts, SeRequestItems flags, ReadOnlySpan<byte> iv, SecretBytes requestKey,
        SeRequestSecrets secrets)
    {
        var head = SeAttestationRequest.HeadSize + hosts.Count * SeAttestationRequest.KeyslotSize;
        var encrypted = secrets.MeasurementKey.Reveal().Length + secrets.Nonce.Reveal().Length;
        var request = new byte[head + encrypted + SeAttestationRequest.TagSize];
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(0x08), SeAttestationRequest.Version1);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(0x0c), (uint)request.Length);
        iv.CopyTo(request.AsSpan(0x10));
        request[0x27] = checked((byte)hosts.Count);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(0x2c), (uint)encrypted);
        BinaryPrimitives.WriteUInt64BigEndian(request.AsSpan(0x30), (ulong)flags);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(0x38), SeAttestationRequest.HmacSha512);
        SeHostKey.Pad(customer.ExportParameters(false).Q).CopyTo(request, 0x40);
        for (var i = 0; i < hosts.Count; i++)
        {
            var slot = request.AsSpan(SeAttestationRequest.HeadSize + i * SeAttestationRequest.KeyslotSize);
            WriteKeyslot(slot, customer, hosts[i], requestKey);
        }


        byte[] plain = [.. secrets.MeasurementKey.Reveal(), .. secrets.Nonce.Reveal()];
        using (var cipher = new AesGcm(requestKey.Reveal(), SeAttestationRequest.TagSize))
            cipher.Encrypt(iv, plain, request.AsSpan(head, encrypted), request.AsSpan(head + encrypted), request.AsSpan(0, head));
        CryptographicOperations.ZeroMemory(plain);
        return request;
    }

    private static void WriteKeyslot(Span<byte> slot, ECDiffieHellman customer, SeHostKey host, SecretBytes requestKey)
    {
        host.Hash.CopyTo(slot);
        using var wrap = SecretBytes.Own(AgreeOnKey(customer, host.PublicKey));
        using var cipher = new AesGcm(wrap.Reveal(), SeAttestationRequest.TagSize);

        // Each agreed key wraps one request key, so the nonce of zeros is used once.
        cipher.Encrypt(
            stackalloc byte[SeAttestationRequest.IvSize], requestKey.Reveal(), slot.Slice(KeySize, KeySize),
            slot.Slice(2 * KeySize, SeAttestationRequest.TagSize));
    }

    /// <summary>
    /// Unwraps the request key with one half of the agreement and the other's public key: the host's private key and the request's own, or
    /// the other way round. Null when the keyslot is not for them.
    /// </summary>
    public static SecretBytes? UnwrapKey(SeKeyslot slot, ECDiffieHellman own, ECDiffieHellmanPublicKey other)
    {
        ArgumentNullException.ThrowIfNull(slot);
        ArgumentNullException.ThrowIfNull(own);
        using var wrap = SecretBytes.Own(AgreeOnKey(own, other));
        return Decrypt(wrap, stackalloc byte[SeAttestationRequest.IvSize], slot.WrappedKey.Span, slot.Tag.Span, []);
    }

    /// <summary>Opens a request; null when the key is another or when anything in the request was changed.</summary>
    public static SeRequestSecrets? Open(SeAttestationRequest request, SecretBytes requestKey)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(requestKey);
        using var plain = Decrypt(requestKey, request.Iv.Span, request.Encrypted.Span, request.Tag.Span, request.Authenticated.Span);
        return plain is null ? null : new(
            SecretBytes.Copy(plain.Reveal()[..SeAttestationRequest.MeasurementKeySize]),
            SecretBytes.Copy(plain.Reveal()[SeAttestationRequest.MeasurementKeySize..]));
    }

    internal static SecretBytes? Decrypt(
        SecretBytes key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> encrypted, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> authenticated)
    {
        var plain = new byte[encrypted.Length];
        try
        {
            using var cipher = new AesGcm(key.Reveal(), tag.Length);
            cipher.Decrypt(iv, encrypted, tag, plain, authenticated);
            return SecretBytes.Own(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}

/// <summary>What a request carries for the ultravisor alone.</summary>
/// <param name="MeasurementKey">64 bytes.</param>
/// <param name="Nonce">16 bytes, or none when the request asks for none.</param>
public sealed record SeRequestSecrets(SecretBytes MeasurementKey, SecretBytes Nonce) : IDisposable
{
    public void Dispose()
    {
        MeasurementKey.Dispose();
        Nonce.Dispose();
    }
}
