using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Se;

/// <summary>
/// The evidence of TEE <c>se</c> on the wire (evidence.md 12.4), every member in base64. The last three are what the verifier sent with its
/// challenge; the guest only carries them.
/// </summary>
public sealed record SeEvidence
{
    public const int MaxSize = 256 * 1024;

    private const string Structure = "se.evidence";
    private const int MaxSealed = 8 * 1024;

    public required byte[] Measurement { get; init; }
    public required byte[] AdditionalData { get; init; }
    public required byte[] UserData { get; init; }
    public required byte[] ConfigurationUid { get; init; }
    public required byte[] SealedMeasurementKey { get; init; }
    public required byte[] SealedNonce { get; init; }
    public required SeImageTags ImageTags { get; init; }

    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static SeEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("measurement", "additional_data", "user_data", "cuid", "encr_measurement_key", "encr_request_nonce", "image_hdr_tags");
        return new()
        {
            Measurement = Exactly(root, "measurement", SeMeasurement.Size),
            AdditionalData = Bytes(root, "additional_data", SeMeasurement.MaxAdditionalData),
            UserData = Bytes(root, "user_data", SeMeasurement.MaxUserData),
            ConfigurationUid = Exactly(root, "cuid", SeMeasurement.ConfigurationUidSize),
            SealedMeasurementKey = Bytes(root, "encr_measurement_key", MaxSealed),
            SealedNonce = Bytes(root, "encr_request_nonce", MaxSealed),
            ImageTags = SeImageTags.Parse(Exactly(root, "image_hdr_tags", SeImageTags.Size)),
        };
    }

    private static byte[] Exactly(JsonFields fields, string name, int size)
    {
        var bytes = Bytes(fields, name, size);
        return bytes.Length == size ? bytes : throw fields.Malformed(name, $"must be {size} bytes, is {bytes.Length}");
    }

    // Bits that a decoder ignores at the end must be zero.
    private static byte[] Bytes(JsonFields fields, string name, int max)
    {
        var bytes = fields.Base64(name, max);
        return Convert.ToBase64String(bytes) == fields.Text(name)
            ? bytes : throw fields.Malformed(name, "is not the canonical base64 of its bytes");
    }
}
