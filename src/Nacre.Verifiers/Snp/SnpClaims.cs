using System.Diagnostics;
using System.Text.Json.Nodes;
using Nacre.Evidence.Snp;

namespace Nacre.Verifiers.Snp;

/// <summary>The claims of an SEV-SNP guest (trust.md 3.9, snp; evidence.md 5.1). <see cref="SnpClaimList"/> has their names.</summary>
public sealed record SnpClaims : IEvidenceClaims
{
    /// <summary>What the guest's owner allows the host to do.</summary>
    public required SnpGuestPolicy Policy { get; init; }

    /// <summary>State of the platform.</summary>
    public required SnpPlatform Platform { get; init; }

    /// <summary>The versions that the signing key is derived from.</summary>
    public required SnpTcb ReportedTcb { get; init; }

    /// <summary>Launch digest of the guest, 48 bytes.</summary>
    public required byte[] Measurement { get; init; }

    /// <summary>REPORT_DATA, 64 bytes.</summary>
    public required byte[] ReportData { get; init; }

    /// <summary>HOST_DATA, 32 bytes: the init-data digest, cut or padded.</summary>
    public required byte[] InitData { get; init; }

    /// <summary>The chip, 64 bytes; zeros where it is masked.</summary>
    public required byte[] ChipId { get; init; }

    /// <summary>The family of processors.</summary>
    public required SnpProduct Product { get; init; }

    /// <summary>Version of the report, 2 to 5.</summary>
    public required uint ReportVersion { get; init; }

    /// <summary>Security version of the guest.</summary>
    public required uint GuestSvn { get; init; }

    /// <summary>The privilege level that asked; 0 is the highest.</summary>
    public required uint Vmpl { get; init; }

    /// <summary>The kind of key that signed.</summary>
    public required SnpSigningKey SigningKey { get; init; }

    /// <summary>16 bytes of the ID block, chosen by the guest's owner.</summary>
    public required byte[] FamilyId { get; init; }

    /// <summary>16 bytes of the ID block, chosen by the guest's owner.</summary>
    public required byte[] ImageId { get; init; }

    /// <summary>SHA-384 of the key that signed the ID block; zeros without one.</summary>
    public required byte[] IdKeyDigest { get; init; }

    /// <summary>SHA-384 of the key that certified the ID key; zeros without one.</summary>
    public required byte[] AuthorKeyDigest { get; init; }

    /// <summary>Whether <see cref="AuthorKeyDigest"/> is there.</summary>
    public required bool AuthorKeyEnabled { get; init; }

    /// <summary>The guest, while it runs; 32 bytes.</summary>
    public required byte[] ReportId { get; init; }

    /// <summary>Versions that run.</summary>
    public required SnpTcb CurrentTcb { get; init; }

    /// <summary>Versions that cannot be rolled back.</summary>
    public required SnpTcb CommittedTcb { get; init; }

    /// <summary>Versions at the time the guest was launched or imported.</summary>
    public required SnpTcb LaunchTcb { get; init; }

    /// <summary>Version of the firmware that runs.</summary>
    public required SnpFirmware CurrentFirmware { get; init; }

    /// <summary>Version of the firmware that cannot be rolled back.</summary>
    public required SnpFirmware CommittedFirmware { get; init; }

    /// <summary>The cloud provider that the key belongs to; null with a VCEK.</summary>
    public string? CspId { get; init; }

    /// <summary>Whether the revocation list that was used was past its end; null when there was none.</summary>
    public bool? CollateralExpired { get; init; }

    /// <summary>Mitigations at launch; null before report version 5.</summary>
    public ulong? LaunchMitigations { get; init; }

    /// <summary>Mitigations now; null before report version 5.</summary>
    public ulong? CurrentMitigations { get; init; }

    public JsonObject ToJson() => SnpClaimList.All.ToJson(this);

    internal static SnpClaims Create(SnpReport report, SnpPlatformKey key) => new()
    {
        Policy = report.Policy,
        Platform = report.Platform,
        ReportedTcb = Tcb(report.ReportedTcb, key.Product),
        Measurement = report.Measurement.ToArray(),
        ReportData = report.ReportData.ToArray(),
        InitData = report.HostData.ToArray(),
        ChipId = report.ChipId.ToArray(),
        Product = key.Product,
        ReportVersion = report.Version,
        GuestSvn = report.GuestSvn,
        Vmpl = report.Vmpl,
        SigningKey = report.SigningKey,
        FamilyId = report.FamilyId.ToArray(),
        ImageId = report.ImageId.ToArray(),
        IdKeyDigest = report.IdKeyDigest.ToArray(),
        AuthorKeyDigest = report.AuthorKeyDigest.ToArray(),
        AuthorKeyEnabled = report.AuthorKeyPresent,
        ReportId = report.ReportId.ToArray(),
        CurrentTcb = Tcb(report.CurrentTcb, key.Product),
        CommittedTcb = Tcb(report.CommittedTcb, key.Product),
        LaunchTcb = Tcb(report.LaunchTcb, key.Product),
        CurrentFirmware = report.CurrentFirmware,
        CommittedFirmware = report.CommittedFirmware,
        CspId = key.Extensions.ProviderId,
        CollateralExpired = key.IsListStale,
        LaunchMitigations = report.Version >= 5 ? report.LaunchMitigations : null,
        CurrentMitigations = report.Version >= 5 ? report.CurrentMitigations : null,
    };

    // The order of versions was checked before, and with it that each can be read.
    private static SnpTcb Tcb(ReadOnlySpan<byte> bytes, SnpProduct product) =>
        SnpTcb.Read(bytes, product) ?? throw new UnreachableException();
}
