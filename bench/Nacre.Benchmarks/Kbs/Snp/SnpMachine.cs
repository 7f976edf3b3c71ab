using Nacre.Evidence.Snp;
using Nacre.UnitTests.Verifiers.Collateral;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Amd;

namespace Nacre.Benchmarks.Kbs.Snp;

/// <summary>A processor of Milan's with keys of its own, RSA-4096 above P-384 as AMD's, and its collateral in the cache of a server.</summary>
internal sealed class SnpMachine : IDisposable
{
    private readonly OwnAmd _amd;
    private readonly SnpEvidenceText _text;

    private SnpMachine(OwnAmd amd) => (_amd, _text) = (amd, new(SnpReport.Parse(amd.Report())));

    /// <param name="folder">Where <see cref="SnpServer"/> finds the roots and the cache.</param>
    public static async Task<SnpMachine> CreateAsync(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        var amd = new OwnAmd(now, bits: 4096);
        Directory.CreateDirectory(folder);
        SnpServer.WriteRoots(folder, amd.Root.Certificate, amd.Issuer.Certificate, amd.VlekIssuer.Certificate);

        await using var kept = new CollateralCache(SnpServer.CacheOf(folder), TimeProvider.System);
        var cache = new AmdDiskCache(new Published(amd, amd.Root.RevocationList((now.AddDays(-1), now.AddDays(30)))), kept) { Roots = amd.Roots };
        if (await cache.FindVcekAsync(OwnAmd.Name, default) is null
            || await cache.FindRevocationListAsync(SnpProduct.Milan, SnpSigningKey.Vcek, default) is null)
            throw new InvalidOperationException("the collateral that was made is not taken");

        return new(amd);
    }

    /// <summary>The evidence, in JSON, of a report over this.</summary>
    public string Attest(byte[] reportData) => _text.Write(_amd.Report(reportData));

    public void Dispose() => _amd.Dispose();

    private sealed class Published(OwnAmd amd, byte[] list) : IAmdCollateral
    {
        public ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel) => ValueTask.FromResult<byte[]?>(amd.Vcek);

        public ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel) =>
            ValueTask.FromResult<byte[]?>(list);
    }
}
