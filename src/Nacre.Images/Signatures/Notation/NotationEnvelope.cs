using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Images.Signatures.Notation;

/// <summary>A signature with all that came along, from either kind of envelope. Reading it proves nothing.</summary>
internal sealed record NotationEnvelope
{
    public const string JwsType = "application/jose+json";
    public const string CoseType = "application/cose";
    public const int MaxSize = 256 * 1024;
    public const int MaxPayload = 64 * 1024;
    public const int MaxSignature = 512;
    public const int MaxTimestamp = 64 * 1024;
    public const int MostCertificates = 8;

    /// <summary>Such as <c>PS256</c>, as the signature says; the key decides.</summary>
    public required string Algorithm { get; init; }

    public required NotationAttributes Attributes { get; init; }

    /// <summary>The signer first, the root last.</summary>
    public required IReadOnlyList<Certificate> Chain { get; init; }

    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The bytes that are signed.</summary>
    public required ReadOnlyMemory<byte> Signed { get; init; }

    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>A time stamp token over the signature; null when there is none.</summary>
    public byte[]? Timestamp { get; init; }

    /// <param name="mediaType">Of the blob, which says what kind it is.</param>
    /// <param name="bytes">One envelope.</param>
    /// <exception cref="MalformedDataException">It is no such envelope.</exception>
    public static NotationEnvelope Parse(string mediaType, ReadOnlyMemory<byte> bytes) => mediaType switch
    {
        JwsType => JwsEnvelope.Parse(bytes),
        CoseType => CoseEnvelope.Parse(bytes),
        _ => throw new MalformedDataException("notation", "mediaType", 0, $"is '{mediaType}', must be {JwsType} or {CoseType}"),
    };

    /// <summary>Why this is no signature of its own payload by its own certificate; null when it is. Whom to trust is another question.</summary>
    public string? FindProblem()
    {
        using var key = VerificationKey.Import(Chain[0].SubjectPublicKeyInfo.Span);
        if (NotationAlgorithm.Find(key) is not { } algorithm)
            return $"a key of kind {key.Kind}, which must not sign images";
        if (algorithm.Name != Algorithm)
            return $"the algorithm {Algorithm} where the key {key.Kind} fixes {algorithm.Name}";
        if (!algorithm.Verify(key, Signed.Span, Signature.Span))
            return "a signature that is not by its certificate";
        return NotationChain.FindProblem(Chain) ?? NotationChain.FindDateProblem(Chain, Attributes.SigningTime);
    }
}
