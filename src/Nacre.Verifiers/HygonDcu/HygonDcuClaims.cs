using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.HygonDcu;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.HygonDcu.HygonDcuClaims>;
using ReportClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.HygonDcu.HygonDcuReport>;

namespace Nacre.Verifiers.HygonDcu;

/// <summary>The claims of one Hygon accelerator (trust.md 3.9, hygondcu). Names are upstream's.</summary>
/// <param name="Report">The report, which the key of its chip signed.</param>
public sealed record HygonDcuClaims(HygonDcuReport Report) : IEvidenceClaims
{
    private static readonly ReportClaim[] s_report =
    [
        ReportClaim.Integer("version", "Of the report.", r => r.Version),
        ReportClaim.Hex("chip_id", "The chip.", 16, r => r.ChipId),
        ReportClaim.Hex("user_data", "What the guest committed to, padded.", 64, r => r.UserData),
        ReportClaim.Hex("measure", "The measurement.", 32, r => r.Measure),
        ReportClaim.Hex("reserved", "Bytes that mean nothing.", 128, r => r.Reserved),
        ReportClaim.Text("sig_usage", "Use of the signing key, hexadecimal.", r => Digits(r.SignatureUsage)),
        ReportClaim.Text("sig_algo", "Algorithm of the signature, hexadecimal.", r => Digits(r.SignatureAlgorithm)),
    ];

    internal static ClaimList<HygonDcuClaims> All { get; } = new(
        "The report of a Hygon accelerator.",
        [
            Object("body", "The report.", s_report, c => c.Report),
            Hex("report_data", "What the guest committed to, padded.", 64, c => c.Report.UserData),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    // Upstream writes these two without zeros before them.
    private static string Digits(uint number) => number.ToString("x", CultureInfo.InvariantCulture);
}
