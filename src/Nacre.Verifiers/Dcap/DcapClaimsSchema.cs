using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Dcap;

/// <summary>What <see cref="DcapClaims"/> adds to the claims of a quote.</summary>
internal static class DcapClaimsSchema
{
    public static IReadOnlyList<ClaimSchema> Create() =>
    [
        Status("tcb_status", "What Intel says of the versions of the platform, or, for a TD, of those it was launched on."),
        Date("tcb_date", "Date of that level of versions."),
        Advisories("advisory_ids", "Intel's advisories that apply to that level."),
        Integer("tcb_eval_num", "Number of Intel's evaluation that the collateral belongs to."),
        OneOf("collateral_expiration_status", "1 when collateral past its end was used, within the grace.", "0", "1"),
        Date("earliest_issue_date", "When the oldest piece of the collateral was issued."),
        Date("latest_issue_date", "When the youngest piece of the collateral was issued."),
        Date("earliest_expiration_date", "When the first piece of the collateral ends."),
        Integer("pck_crl_num", "Number of the revocation list of platforms."),
        Integer("root_ca_crl_num", "Number of the revocation list of authorities."),
        Hex("platform_provider_id", "PPID of the platform.", 16),
        Hex("root_key_id", "SHA-384 of the root key.", 48),
        OneOf("sgx_type", "Kind of memory protection.", "Standard", "Scalable", "Scalable with Integrity"),
        Boolean("is_dynamic_platform", "Packages may be added; on scalable platforms.").Optional(),
        Boolean("is_cached_keys", "The service keeps the platform's root keys; on scalable platforms.").Optional(),
        Boolean("is_smt_enabled", "Cores run two threads; on scalable platforms.").Optional(),
        Hex("platform_instance_id", "The platform; under Intel's platform authority.", 16).Optional(),
    ];

    /// <summary>What is said a second time of TDs, whose module may have been updated under them.</summary>
    public static IReadOnlyList<ClaimSchema> CreateCurrent() =>
    [
        Status("tcb_status_current", "As tcb_status, of the versions that run now; with TD report 1.5.").Optional(),
        Date("tcb_date_current", "As tcb_date; with TD report 1.5.").Optional(),
        Advisories("advisory_ids_current", "As advisory_ids; with TD report 1.5.").Optional(),
    ];

    private static ClaimSchema Status(string name, string description) =>
        OneOf(name, description, Enum.GetNames<TcbStatus>().Where(status => status != nameof(TcbStatus.Revoked)));

    private static ClaimSchema Advisories(string name, string description) => List(name, description, TextType("INTEL-SA-…"));
}
