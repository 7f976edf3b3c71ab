using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.Evidence.Se;

/// <summary>
/// What the ultravisor measures: an HMAC over the image, the guest's configuration and what was asked (evidence.md
/// 12.2).
/// </summary>
public sealed record SeMeasurement
{
    public const int Size = 64;
    public const int ConfigurationUidSize = 16;
    public const int MaxUserData = 256;
    public const int MaxAdditionalData = 32 * 1024;

    public required SeImageTags Image { get; init; }

    /// <summary>16 bytes that the ultravisor chose when the guest was started.</summary>
    public required ReadOnlyMemory<byte> ConfigurationUid { get; init; }

    public required ReadOnlyMemory<byte> UserData { get; init; }

    public required ReadOnlyMemory<byte> AdditionalData { get; init; }

    /// <param name="key">The measurement key of the request.</param>
    /// <param name="nonce">That of the request; empty when it has none.</param>
    public byte[] Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce)
    {
        Span<byte> lengths = stackalloc byte[8];
        lengths.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(lengths, checked((ushort)UserData.Length));
        BinaryPrimitives.WriteUInt32BigEndian(lengths[4..], (uint)AdditionalData.Length);

        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA512, key);
        hmac.AppendData(Image.Raw.Span);
        hmac.AppendData(ConfigurationUid.Span);
        hmac.AppendData(lengths);
        hmac.AppendData(UserData.Span);
        hmac.AppendData(nonce);
        hmac.AppendData(AdditionalData.Span);
        return hmac.GetHashAndReset();
    }
}
