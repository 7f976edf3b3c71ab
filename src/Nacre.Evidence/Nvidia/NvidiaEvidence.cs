using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Nvidia;

/// <summary>
/// The evidence of TEE <c>nvidia</c> on the wire (evidence.md 13.2):
/// <c>{"device_evidence_list":[{"arch","uuid"?,"evidence": hex or base64,"certificate": base64 of PEM}]}</c>.
/// </summary>
public static class NvidiaEvidence
{
    public const int MaxSize = 2 * 1024 * 1024;

    private const string Structure = "nvidia.evidence";
    private const int MaxDevices = 64;
    private const int MaxCertificates = 32 * 1024;

    /// <summary>At least one.</summary>
    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static IReadOnlyList<NvidiaDeviceEvidence> Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("device_evidence_list");
        var list = root.Any("device_evidence_list");
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaxDevices)
            throw root.Malformed("device_evidence_list", $"must be an array of 1 to {MaxDevices} devices");

        return [.. list.EnumerateArray().Select(static (device, index) => Read(new($"{Structure}.device_evidence_list[{index}]", device)))];
    }

    private static NvidiaDeviceEvidence Read(JsonFields fields)
    {
        fields.Only("arch", "uuid", "evidence", "certificate");
        var pem = Decode(fields, "certificate", fields.Text("certificate", 2 * MaxCertificates), MaxCertificates);
        return new()
        {
            Architecture = NvidiaArchitectures.Parse(fields.Text("arch", 16)),
            Uuid = fields.FindText("uuid", 128),
            Report = NvidiaReport.Parse(ReadReport(fields)),
            Certificates = Encoding.Latin1.GetString(pem),
        };
    }

    // Older attesters send hexadecimal. Every report in base64 begins with EeAB/, which is none.
    private static byte[] ReadReport(JsonFields fields)
    {
        var text = fields.Text("evidence", 2 * NvidiaReport.MaxSize);
        return HexText.Decode(text) ?? Decode(fields, "evidence", text, NvidiaReport.MaxSize);
    }

    // Bits that a decoder ignores at the end must be zero: one report, one text.
    private static byte[] Decode(JsonFields fields, string name, string text, int max)
    {
        var bytes = fields.Base64(name, max);
        return Convert.ToBase64String(bytes) == text ? bytes : throw fields.Malformed(name, "is not the canonical base64 of its bytes");
    }
}

/// <summary>What one device says.</summary>
public sealed record NvidiaDeviceEvidence
{
    /// <summary>As the guest announces it, null when it does not; the certificate decides.</summary>
    public NvidiaArchitecture? Architecture { get; init; }

    /// <summary>As the guest's driver calls the device; nothing vouches for it. Null when it was not sent.</summary>
    public string? Uuid { get; init; }

    public required NvidiaReport Report { get; init; }

    /// <summary>The chain in PEM, leaf first, as received.</summary>
    public required string Certificates { get; init; }
}
