using System.Text.Json.Nodes;
using Nacre.Evidence.Tpm;

namespace Nacre.Verifiers.Tpm;

/// <summary>The claims of a TPM (trust.md 3.9, tpm; evidence.md 7.2). <see cref="TpmClaimList"/> has their names.</summary>
public sealed record TpmClaims : IEvidenceClaims
{
    /// <summary>SubjectPublicKeyInfo of the attestation key, DER.</summary>
    public required byte[] AkPublic { get; init; }

    /// <summary>Why the key is trusted: one of the constants of <see cref="TpmKeyEndorsement"/>.</summary>
    public required string AkTrust { get; init; }

    /// <summary>extraData of the quote.</summary>
    public required byte[] ReportData { get; init; }

    /// <summary>PCR 8, 32 bytes.</summary>
    public required byte[] InitData { get; init; }

    /// <summary>Whether the clock was not set back.</summary>
    public required bool ClockSafe { get; init; }

    /// <summary>How often the TPM was reset.</summary>
    public required uint ResetCount { get; init; }

    /// <summary>How often it was restarted or resumed since.</summary>
    public required uint RestartCount { get; init; }

    /// <summary>Version of the TPM's firmware, as its maker counts.</summary>
    public required ulong FirmwareVersion { get; init; }

    /// <summary>SHA-256 of the endorsement key's certificate; null for an enrolled key.</summary>
    public byte[]? EkCertificateSha256 { get; init; }

    /// <summary>The 24 registers of the bank SHA-256, 32 bytes each, by their number.</summary>
    public required IReadOnlyList<byte[]> Pcrs { get; init; }

    public JsonObject ToJson() => TpmClaimList.All.ToJson(this);

    internal static TpmClaims Create(TpmEvidence evidence, TpmAttest attest, TpmKeyEndorsement endorsement) => new()
    {
        AkPublic = evidence.AkPublic,
        AkTrust = endorsement.How,
        ReportData = attest.ExtraData.ToArray(),
        InitData = evidence.Pcrs[TpmVerifier.InitDataPcr],
        ClockSafe = attest.ClockSafe,
        ResetCount = attest.ResetCount,
        RestartCount = attest.RestartCount,
        FirmwareVersion = attest.FirmwareVersion,
        EkCertificateSha256 = endorsement.EkCertificateSha256 is { } digest ? Convert.FromHexString(digest) : null,
        Pcrs = evidence.Pcrs,
    };
}
