using System.Text.Json.Nodes;

namespace Nacre.Evidence.Se;

/// <summary>What a verifier sends a guest before it attests (evidence.md 12.4); in the KBS protocol its JSON text is the nonce.</summary>
public sealed record SeChallenge
{
    /// <summary>The request, for the ultravisor.</summary>
    public required ReadOnlyMemory<byte> Request { get; init; }

    public required int AdditionalSize { get; init; }

    /// <summary>For the verifier itself; the guest carries it back and cannot read it.</summary>
    public required ReadOnlyMemory<byte> SealedMeasurementKey { get; init; }

    /// <summary>As above.</summary>
    public required ReadOnlyMemory<byte> SealedNonce { get; init; }

    public required SeImageTags ImageTags { get; init; }

    /// <summary>Upstream's names. The guest adds <c>runtime_data_digest</c> when it asks its ultravisor.</summary>
    public string ToJson() => new JsonObject
    {
        ["request_blob"] = Convert.ToBase64String(Request.Span),
        ["measurement_size"] = SeMeasurement.Size,
        ["additional_size"] = AdditionalSize,
        ["encr_measurement_key"] = Convert.ToBase64String(SealedMeasurementKey.Span),
        ["encr_request_nonce"] = Convert.ToBase64String(SealedNonce.Span),
        ["image_hdr_tags"] = Convert.ToBase64String(ImageTags.Raw.Span),
    }.ToJsonString();
}
