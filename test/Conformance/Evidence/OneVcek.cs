using Nacre.Evidence.Snp;
using Nacre.Verifiers.Collateral;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Stands in for AMD's service and knows one certificate.</summary>
internal sealed class OneVcek(byte[] certificate) : IAmdCollateral
{
    public ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel) => ValueTask.FromResult<byte[]?>(certificate);

    public ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel) =>
        ValueTask.FromResult<byte[]?>(null);
}
