using Nacre.Evidence.Csv;
using Nacre.Formats;
using Nacre.Verifiers.Csv;

namespace Nacre.Verifiers.Collateral.Hygon;

/// <summary>Chains from files: <c>FOLDER/SERIAL/hsk_cek.cert</c>, upstream's offline store (evidence.md 11.2).</summary>
public sealed class HygonFileCollateral(string folder) : IHygonCollateral
{
    public async ValueTask<HygonChain?> FindChainAsync(string serialNumber, CancellationToken cancel)
    {
        if (!HygonKeyDistribution.IsSerialNumber(serialNumber))
            return null;

        var path = Path.Combine(folder, serialNumber, "hsk_cek.cert");
        if (!File.Exists(path))
            return null;
        if (new FileInfo(path).Length > HygonChain.Size)
            throw new CollateralUnavailableException("HSK and CEK", path, "is too long for the certificates of one chip");

        try
        {
            return HygonChain.Parse(await File.ReadAllBytesAsync(path, cancel));
        }
        catch (MalformedDataException error)
        {
            throw new CollateralUnavailableException("HSK and CEK", path, error.Message, error);
        }
    }
}
