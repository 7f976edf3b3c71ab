using System.Security.Cryptography;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Verifiers.Dcap;

/// <summary>What Intel's collateral says of the platform of a quote (evidence.md 2.7). <see cref="DcapClaimList"/> has the names.</summary>
public sealed record DcapClaims
{
    /// <summary>What Intel says of the versions of the platform, or, for a TD, of those it was launched on.</summary>
    public required TcbStatus TcbStatus { get; init; }

    /// <summary>Date of that level of versions.</summary>
    public required DateTimeOffset TcbDate { get; init; }

    /// <summary>Intel's advisories that apply to that level: <c>INTEL-SA-…</c>.</summary>
    public required IReadOnlyList<string> AdvisoryIds { get; init; }

    /// <summary>Number of Intel's evaluation that the collateral belongs to.</summary>
    public required int TcbEvaluationNumber { get; init; }

    /// <summary>Whether collateral past its end was used, within the grace.</summary>
    public required bool CollateralExpired { get; init; }

    /// <summary>When the oldest piece of the collateral was issued.</summary>
    public required DateTimeOffset EarliestIssueDate { get; init; }

    /// <summary>When the youngest piece of the collateral was issued.</summary>
    public required DateTimeOffset LatestIssueDate { get; init; }

    /// <summary>When the first piece of the collateral ends.</summary>
    public required DateTimeOffset EarliestExpirationDate { get; init; }

    /// <summary>Number of the revocation list of platforms.</summary>
    public required long PckCrlNumber { get; init; }

    /// <summary>Number of the revocation list of authorities.</summary>
    public required long RootCaCrlNumber { get; init; }

    /// <summary>PPID of the platform, 16 bytes.</summary>
    public required byte[] PlatformProviderId { get; init; }

    /// <summary>SHA-384 of the point of the root key.</summary>
    public required byte[] RootKeyId { get; init; }

    /// <summary>Kind of memory protection.</summary>
    public required SgxType SgxType { get; init; }

    /// <summary>Whether packages may be added; null on standard platforms.</summary>
    public bool? IsDynamicPlatform { get; init; }

    /// <summary>Whether the service keeps the platform's root keys; null on standard platforms.</summary>
    public bool? IsCachedKeys { get; init; }

    /// <summary>Whether cores run two threads; null on standard platforms.</summary>
    public bool? IsSmtEnabled { get; init; }

    /// <summary>The platform, 16 bytes, as a number that begins with its highest byte; null under Intel's processor authority.</summary>
    public byte[]? PlatformInstanceId { get; init; }

    /// <summary>As <see cref="TcbStatus"/>, of the versions that run now; null but for TD report 1.5.</summary>
    public TcbStatus? TcbStatusCurrent { get; init; }

    /// <summary>As <see cref="TcbDate"/>; null but for TD report 1.5.</summary>
    public DateTimeOffset? TcbDateCurrent { get; init; }

    /// <summary>As <see cref="AdvisoryIds"/>; null but for TD report 1.5.</summary>
    public IReadOnlyList<string>? AdvisoryIdsCurrent { get; init; }

    internal static DcapClaims Create(DcapPlatform platform, TcbResult result, TcbResult? current = null)
    {
        var (pck, collateral, dates) = (platform.Chain.Platform, platform.Collateral, platform.Dates);
        var isScalable = pck.SgxType > 0;
        return new()
        {
            TcbStatus = result.Status,
            TcbDate = result.Date,
            AdvisoryIds = result.AdvisoryIds,
            TcbEvaluationNumber = Math.Min(collateral.TcbInfo.EvaluationDataNumber, collateral.QeIdentity.EvaluationDataNumber),
            CollateralExpired = dates.Expired,
            EarliestIssueDate = dates.EarliestIssue,
            LatestIssueDate = dates.LatestIssue,
            EarliestExpirationDate = dates.EarliestExpiration,
            PckCrlNumber = (long)collateral.PckCrl.Number.GetValueOrDefault(),
            RootCaCrlNumber = (long)collateral.RootCaCrl.Number.GetValueOrDefault(),
            PlatformProviderId = pck.Ppid,
            RootKeyId = SHA384.HashData(platform.Chain.Root.SubjectPublicKeyInfo.Span[^65..]),
            SgxType = pck.SgxType switch { 0 => SgxType.Standard, 1 => SgxType.Scalable, _ => SgxType.ScalableWithIntegrity },
            IsDynamicPlatform = isScalable ? pck.DynamicPlatform ?? false : null,
            IsCachedKeys = isScalable ? pck.CachedKeys ?? false : null,
            IsSmtEnabled = isScalable ? pck.SmtEnabled ?? false : null,

            // A little-endian GUID, shown as a number (evidence.md 2.7).
            PlatformInstanceId = pck.PlatformInstanceId?.Reverse().ToArray(),
            TcbStatusCurrent = current?.Status,
            TcbDateCurrent = current?.Date,
            AdvisoryIdsCurrent = current?.AdvisoryIds,
        };
    }
}

/// <summary>How a platform protects the memory of enclaves and TDs.</summary>
public enum SgxType
{
    /// <summary>Encryption with integrity and replay protection, for small memory.</summary>
    Standard,

    /// <summary>Encryption alone.</summary>
    Scalable,

    /// <summary>Encryption with cryptographic integrity.</summary>
    ScalableWithIntegrity,
}
