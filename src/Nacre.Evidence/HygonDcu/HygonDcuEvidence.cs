using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.HygonDcu;

/// <summary>The evidence of TEE <c>hygondcu</c> on the wire (guest.md 1.8): a report of each accelerator of the guest.</summary>
public sealed record HygonDcuEvidence(IReadOnlyList<HygonDcuReport> Reports)
{
    private const string Structure = "hygondcu.evidence";
    private const int MaxSize = 1024 * 1024;
    private const int MaxReports = 64;

    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static HygonDcuEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("attestation_reports");
        var reports = root.Any("attestation_reports");
        return reports.ValueKind == JsonValueKind.Array && reports.GetArrayLength() is > 0 and <= MaxReports
            ? new([.. reports.EnumerateArray().Select(report => HygonDcuReport.Read(new($"{Structure}.attestation_reports", report)))])
            : throw root.Malformed("attestation_reports", $"must be an array of 1 to {MaxReports}");
    }
}
