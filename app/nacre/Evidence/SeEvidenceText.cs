using System.Text.Json.Nodes;
using Nacre.Evidence.Se;

namespace Nacre.Cli.Evidence;

/// <summary>The fields of an answer of IBM Secure Execution. What the verifier sealed for itself stays sealed.</summary>
internal static class SeEvidenceText
{
    public static JsonObject Fields(SeEvidence evidence) => new()
    {
        ["cuid"] = Hex(evidence.ConfigurationUid),
        ["user_data"] = Hex(evidence.UserData),
        ["additional_data"] = Hex(evidence.AdditionalData),
        ["measurement"] = Hex(evidence.Measurement),
        ["page_list_digest"] = Hex(evidence.ImageTags.PageListDigest.Span),
        ["address_list_digest"] = Hex(evidence.ImageTags.AddressListDigest.Span),
        ["tweak_list_digest"] = Hex(evidence.ImageTags.TweakListDigest.Span),
        ["tag"] = Hex(evidence.ImageTags.Tag.Span),
        ["encr_measurement_key"] = $"({evidence.SealedMeasurementKey.Length} bytes, sealed)",
        ["encr_request_nonce"] = $"({evidence.SealedNonce.Length} bytes, sealed)",
    };

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
