using Nacre.Evidence.Csv;
using Nacre.Verifiers.Collateral;

namespace Nacre.Verifiers.Csv;

/// <summary>The certificates of a chip whose evidence came without them.</summary>
internal static class HygonChainLookup
{
    /// <param name="checks">Where the check is recorded.</param>
    /// <param name="prefix">Of its id.</param>
    /// <param name="collateral">Null for none.</param>
    /// <param name="serialNumber">As the evidence says; nothing has proved it yet.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Null if there are none; the check has then failed.</returns>
    public static async ValueTask<HygonChain?> RequireAsync(
        CheckList checks, string prefix, IHygonCollateral? collateral, string serialNumber, CancellationToken cancel)
    {
        var reason = "there is no collateral of Hygon";
        HygonChain? chain = null;
        try
        {
            if (collateral is not null)
                (chain, reason) = (await collateral.FindChainAsync(serialNumber, cancel), $"no certificates for chip {serialNumber}");
        }
        catch (CollateralUnavailableException error)
        {
            reason = error.Message;
        }

        checks.Require(
            chain is not null, $"{prefix}.chain.present", "HSK and CEK", "in the evidence or at hand", chain is null ? reason : serialNumber,
            $"fetch https://cert.hygon.cn/hsk_cek?snumber={serialNumber} into FOLDER/{serialNumber}/hsk_cek.cert");
        return chain;
    }
}
