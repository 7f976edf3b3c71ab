using Nacre.Evidence.Snp;

namespace Nacre.Verifiers.Collateral.Amd;

/// <summary>Several sources, as upstream's <c>vcek_sources</c>: the first that has an answer gives it (trust.md 3.9).</summary>
public sealed class AmdSourcesInTurn(IReadOnlyList<IAmdCollateral> sources) : IAmdCollateral
{
    public ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel) =>
        FindAsync(source => source.FindVcekAsync(name, cancel));

    public ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel) =>
        FindAsync(source => source.FindRevocationListAsync(product, key, cancel));

    // One that could not be asked might have had it: "there is none" is said only when all were asked.
    private async ValueTask<byte[]?> FindAsync(Func<IAmdCollateral, ValueTask<byte[]?>> ask)
    {
        CollateralUnavailableException? away = null;
        foreach (var source in sources)
        {
            try
            {
                if (await ask(source) is { } found)
                    return found;
            }
            catch (CollateralUnavailableException e)
            {
                away ??= e;
            }
        }

        return away is null ? null : throw away;
    }
}
