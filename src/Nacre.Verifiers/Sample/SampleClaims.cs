using System.Text.Json.Nodes;
using Nacre.Evidence.Sample;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Sample.SampleClaims>;
using VersionClaim = Nacre.Verifiers.Schemas.Claim<System.Version>;

namespace Nacre.Verifiers.Sample;

/// <summary>The claims of the TEE that proves nothing (trust.md 3.9, sample).</summary>
public sealed record SampleClaims : IEvidenceClaims
{
    private static readonly VersionClaim[] s_version =
    [
        VersionClaim.Integer("major", "Major version.", version => version.Major),
        VersionClaim.Integer("minor", "Minor version.", version => version.Minor),
    ];

    /// <summary>Whatever the guest says.</summary>
    public required string Svn { get; init; }

    /// <summary>The report data in base64, as the guest sent it.</summary>
    public required string ReportData { get; init; }

    /// <summary>Always the same.</summary>
    public string LaunchDigest { get; } = "abcde";

    /// <summary>Always the same.</summary>
    public Version PlatformVersion { get; } = new(1, 4);

    /// <summary>Always false.</summary>
    public bool Debug { get; }

    /// <summary>The init-data digest; null when none was expected.</summary>
    public byte[]? InitData { get; init; }

    internal static ClaimList<SampleClaims> All { get; } = new(
        "The TEE that proves nothing.",
        [
            Text("svn", "Whatever the guest says.", c => c.Svn),
            Base64("report_data", "The report data.", c => c.ReportData),
            Text("launch_digest", "Always the same.", c => c.LaunchDigest),
            Object("platform_version", "Always the same.", s_version, c => c.PlatformVersion),
            Boolean("debug", "Always false.", c => c.Debug),
            Base64("init_data", "The init-data digest; when one was expected.", c => c.InitData).Optional(),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    internal static SampleClaims Create(SampleEvidence evidence, byte[]? initData) =>
        new() { Svn = evidence.Svn, ReportData = evidence.ReportData, InitData = initData?.ToArray() };
}
