using System.Text.Json.Nodes;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Sample.SampleDeviceClaims>;

namespace Nacre.Verifiers.Sample;

/// <summary>The claims of the device that proves nothing.</summary>
/// <param name="Svn">Whatever the guest says.</param>
/// <param name="ReportData">The report data in base64, as the guest sent it.</param>
public sealed record SampleDeviceClaims(string Svn, string ReportData) : IEvidenceClaims
{
    internal static ClaimList<SampleDeviceClaims> All { get; } = new(
        "The device that proves nothing.",
        [Text("svn", "Whatever the guest says.", c => c.Svn), Base64("report_data", "The report data.", c => c.ReportData)]);

    public JsonObject ToJson() => All.ToJson(this);
}
