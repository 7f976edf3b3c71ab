using Nacre.Evidence.Snp;
using Nacre.Verifiers.Collateral.Amd;
using Nacre.Verifiers.Collateral.Hygon;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Snp;

namespace Nacre.Verifiers.Collateral;

/// <summary>Where a server gets what vendors publish about their processors.</summary>
public sealed record CollateralOptions
{
    /// <summary>A folder with all of it, for places without a network: nothing is then asked for. Null to ask the services.</summary>
    public string? Folder { get; init; }

    /// <summary>Where answers of the services are kept; several processes may share it.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>How long behind its end a document is still taken while there is no newer one.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>Intel's service or a PCCS.</summary>
    public DcapServiceOptions Intel { get; init; } = new();

    /// <summary>Folders that are looked through for certificates of AMD before <see cref="Amd"/> is asked.</summary>
    public IReadOnlyList<string> AmdFolders { get; init; } = [];

    /// <summary>Whether <see cref="Amd"/> is asked at all.</summary>
    public bool AsksAmd { get; init; } = true;

    /// <summary>AMD's key distribution service, or one that answers like it.</summary>
    public Uri Amd { get; init; } = AmdKeyDistribution.DefaultService;

    /// <summary>Hygon's certificate service, or one that answers like it.</summary>
    public Uri Hygon { get; init; } = HygonKeyDistribution.DefaultService;

    /// <summary>Others than AMD's are for tests and measurements.</summary>
    internal Func<SnpProduct, AmdRoots> AmdRoots { get; init; } = Snp.AmdRoots.Of;
}
