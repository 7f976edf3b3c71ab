using Nacre.Evidence.Csv;
using Nacre.Formats;
using Nacre.Verifiers.Csv;

namespace Nacre.Verifiers.Collateral.Hygon;

/// <summary>
/// Keeps what another source answers in a cache, if it leads to Hygon's root. These certificates have no dates and nothing revokes them. The
/// part <c>hygon</c> of the cache has the layout that <see cref="HygonFileCollateral"/> reads.
/// </summary>
public sealed class HygonDiskCache(IHygonCollateral source, CollateralCache cache) : IHygonCollateral
{
    /// <summary>Another than Hygon's is for tests.</summary>
    internal HygonAuthorityCertificate? Root { get; init; }

    public async ValueTask<HygonChain?> FindChainAsync(string serialNumber, CancellationToken cancel)
    {
        if (!HygonKeyDistribution.IsSerialNumber(serialNumber))
            return null;

        var item = new CollateralItem(
            $"hygon/{serialNumber}/hsk_cek.cert", $"HSK and CEK of chip {serialNumber}", HygonChain.Size, HasChain: false, Renews: false, Prove);
        var document = await cache.GetAsync(
            item, async token => await source.FindChainAsync(serialNumber, token) is { } chain ? new(chain.ToBytes()) : null, cancel);
        return document is null ? null : HygonChain.Parse(document.Body);
    }

    private CollateralLife Prove(CollateralDocument document) =>
        HygonChainChecks.IsGenuine(HygonChain.Parse(document.Body), Root ?? HygonRoot.Certificate)
            ? new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue)
            : throw new MalformedDataException("csv.hsk_cek", "signature", 0, "does not lead to Hygon's root");
}
