using Nacre.Evidence.Snp;

namespace Nacre.Verifiers.Collateral;

/// <summary>What AMD publishes about its processors and a verifier may need besides the evidence (evidence.md 5.2). Nothing of it is trusted for coming from here.</summary>
public interface IAmdCollateral
{
    /// <summary>The certificate of a chip's key at these versions, DER or PEM; null when there is none.</summary>
    /// <exception cref="CollateralUnavailableException">It could not be asked.</exception>
    ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel);

    /// <summary>The revocation list of the product's root, DER; null when there is none.</summary>
    /// <exception cref="CollateralUnavailableException">It could not be asked.</exception>
    ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel);
}

/// <summary>What names a VCEK: the product, the chip (64 bytes, on Turin 8) and the firmware versions it was derived for.</summary>
public sealed record VcekName(SnpProduct Product, string ChipIdHex, SnpTcb Tcb);
