namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>Where Intel's collateral comes from. Nothing of it is trusted for coming from here.</summary>
public interface IDcapCollateralSource
{
    /// <summary>The collateral of one family of platforms; null when there is none. Give the same object again while it is current: it keeps what was proved.</summary>
    /// <exception cref="CollateralUnavailableException">It could not be asked.</exception>
    ValueTask<DcapCollateral?> FindAsync(DcapCollateralName name, CancellationToken cancel);
}

/// <param name="IsTdx">Whether a TD or an enclave is verified.</param>
/// <param name="Fmspc">Family of the platform, twelve hexadecimal digits in lower case; empty when the quote does not carry its certificates.</param>
/// <param name="Authority">Who issued the platform's certificate: <c>platform</c> or <c>processor</c>; empty as above.</param>
public sealed record DcapCollateralName(bool IsTdx, string Fmspc, string Authority);

/// <summary>Collateral at hand: for one family of platforms, or by a function of what is asked for.</summary>
public sealed class MemoryDcapCollateral(Func<DcapCollateralName, DcapCollateral?> find) : IDcapCollateralSource
{
    public MemoryDcapCollateral(DcapCollateral collateral)
        : this(_ => collateral)
    {
    }

    public ValueTask<DcapCollateral?> FindAsync(DcapCollateralName name, CancellationToken cancel) => ValueTask.FromResult(find(name));
}
