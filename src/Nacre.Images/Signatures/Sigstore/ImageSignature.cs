using System.Text;
using Nacre.Formats.X509;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>One signature as it was found beside an image, with what came along: nothing is verified.</summary>
/// <param name="Payload">What says which image is signed.</param>
/// <param name="Signature">Of <see cref="SignedContent"/>.</param>
/// <param name="Where">The place, for messages.</param>
public sealed record ImageSignature(byte[] Payload, byte[] Signature, string Where)
{
    /// <summary>Of the DSSE envelope it was in; null for simple signing, where the payload itself is signed.</summary>
    public string? PayloadType { get; init; }

    /// <summary>Of who signed; null when a key did.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>Further certificates, which may complete the chain.</summary>
    public IReadOnlyList<Certificate> Chain { get; init; } = [];

    /// <summary>Why the certificate or the log entry could not be read; null when they could, or are not there.</summary>
    public string? Damage { get; init; }

    /// <summary>Time stamps over <see cref="Signature"/> (RFC 3161, TimeStampResp), in DER.</summary>
    public IReadOnlyList<byte[]> Timestamps { get; init; } = [];

    internal LogEntry? LogEntry { get; init; }

    /// <summary>The bytes that are signed: with DSSE, its pre-authentication encoding (DSSE v1, protocol.md).</summary>
    public byte[] SignedContent() => PayloadType is null
        ? Payload
        : [.. Encoding.UTF8.GetBytes($"DSSEv1 {Encoding.UTF8.GetByteCount(PayloadType)} {PayloadType} {Payload.Length} "), .. Payload];
}
