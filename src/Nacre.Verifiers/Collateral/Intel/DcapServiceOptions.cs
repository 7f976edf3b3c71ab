using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>Which service is asked for Intel's collateral, and how (evidence.md 2.4).</summary>
public sealed record DcapServiceOptions
{
    /// <summary>Intel's own service.</summary>
    public static readonly Uri IntelService = new("https://api.trustedservices.intel.com");

    /// <summary>
    /// Intel's service or a PCCS: its host, or the whole path as PCCS is configured, such as
    /// <c>https://pccs:8081/sgx/certification/v4/</c>.
    /// </summary>
    public Uri Service { get; init; } = IntelService;

    /// <summary>
    /// Ask for the data of the newest evaluation at once (<c>early</c>) and not only when platforms had time to follow (<c>standard</c>).
    /// </summary>
    public bool UpdateEarly { get; init; } = true;

    /// <summary>As in <see cref="DcapOptions.RootKeyDigest"/>: what is not signed under it is not kept.</summary>
    public string RootKeyDigest { get; init; } = IntelRoot.KeyDigest;
}
