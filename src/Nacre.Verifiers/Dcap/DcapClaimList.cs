using Nacre.Verifiers.Collateral.Intel;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Dcap.DcapClaims>;
using DcapClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Dcap.DcapClaims>;

namespace Nacre.Verifiers.Dcap;

/// <summary>The claims that collateral adds to those of a quote, upstream's name for name.</summary>
internal static class DcapClaimList
{
    /// <summary>Those of every quote.</summary>
    public static IReadOnlyList<DcapClaim> Platform { get; } =
    [
        Status(
            "tcb_status", "What Intel says of the versions of the platform, or, for a TD, of those it was launched on.",
            c => c.TcbStatus),
        Date("tcb_date", "Date of that level of versions.", c => c.TcbDate),
        Advisories("advisory_ids", "Intel's advisories that apply to that level.", c => c.AdvisoryIds),
        Integer("tcb_eval_num", "Number of Intel's evaluation that the collateral belongs to.", c => c.TcbEvaluationNumber),
        OneOf(
            "collateral_expiration_status", "1 when collateral past its end was used, within the grace.", [false, true],
            one => one ? "1" : "0", c => c.CollateralExpired),
        Date("earliest_issue_date", "When the oldest piece of the collateral was issued.", c => c.EarliestIssueDate),
        Date("latest_issue_date", "When the youngest piece of the collateral was issued.", c => c.LatestIssueDate),
        Date("earliest_expiration_date", "When the first piece of the collateral ends.", c => c.EarliestExpirationDate),
        Integer("pck_crl_num", "Number of the revocation list of platforms.", c => c.PckCrlNumber),
        Integer("root_ca_crl_num", "Number of the revocation list of authorities.", c => c.RootCaCrlNumber),
        Hex("platform_provider_id", "PPID of the platform.", 16, c => c.PlatformProviderId),
        Hex("root_key_id", "SHA-384 of the root key.", 48, c => c.RootKeyId),
        OneOf(
            "sgx_type", "Kind of memory protection.", Enum.GetValues<SgxType>(),
            one => one == SgxType.ScalableWithIntegrity ? "Scalable with Integrity" : one.ToString(), c => c.SgxType),
        Boolean("is_dynamic_platform", "Packages may be added; on scalable platforms.", c => c.IsDynamicPlatform).Optional(),
        Boolean("is_cached_keys", "The service keeps the platform's root keys; on scalable platforms.", c => c.IsCachedKeys).Optional(),
        Boolean("is_smt_enabled", "Cores run two threads; on scalable platforms.", c => c.IsSmtEnabled).Optional(),
        Hex("platform_instance_id", "The platform; under Intel's platform authority.", 16, c => c.PlatformInstanceId).Optional(),
    ];

    /// <summary>What is said a second time of TDs, whose module may have been updated under them.</summary>
    public static IReadOnlyList<DcapClaim> Current { get; } =
    [
        Status(
            "tcb_status_current", "As tcb_status, of the versions that run now; with TD report 1.5.", c => c.TcbStatusCurrent).Optional(),
        Date("tcb_date_current", "As tcb_date; with TD report 1.5.", c => c.TcbDateCurrent).Optional(),
        Advisories("advisory_ids_current", "As advisory_ids; with TD report 1.5.", c => c.AdvisoryIdsCurrent).Optional(),
    ];

    // Nothing is verified on a platform that is revoked.
    private static DcapClaim Status(string name, string description, Func<DcapClaims, TcbStatus?> value) => OneOf(
        name, description, Enum.GetValues<TcbStatus>().Where(status => status != TcbStatus.Revoked), status => status.ToString(), value);

    private static DcapClaim Advisories(string name, string description, Func<DcapClaims, IEnumerable<string>?> value) =>
        List(name, description, () => Schemas.ClaimSchema.TextType("INTEL-SA-…"), value);
}
