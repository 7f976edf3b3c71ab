using System.Text;
using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Snp;

namespace Nacre.Verifiers.Collateral.Amd;

/// <summary>
/// Keeps what another source answers in a cache, if it is AMD's: a VCEK, which never changes, until it expires; a revocation list as any
/// collateral. The part <c>amd</c> of the cache has the layout that <see cref="AmdFileCollateral"/> reads.
/// </summary>
public sealed class AmdDiskCache(IAmdCollateral source, CollateralCache cache) : IAmdCollateral
{
    // What was proved stays so: it is of the bytes, their name and the roots.
    private readonly ContentCache<CollateralLife> _proven = new(4096);

    /// <summary>Others than AMD's are for tests.</summary>
    internal Func<SnpProduct, AmdRoots> Roots { get; init; } = AmdRoots.Of;

    public async ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(name);
        var item = new CollateralItem(
            $"amd/vcek/{name.ChipIdHex}/{AmdFileCollateral.FileName(name.Tcb)}", $"VCEK of chip {name.ChipIdHex}", 2 * Certificate.MaxSize,
            HasChain: false, Renews: false, document => ProveOnce(name.ToString(), document.Body, body => Prove(body, name)));
        return (await cache.GetAsync(item, async token => Document(await source.FindVcekAsync(name, token)), cancel))?.Body;
    }

    public async ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel)
    {
        var item = new CollateralItem(
            $"amd/{AmdFileCollateral.ListName(product, key)}", $"revocation list of {product.Name()}", CertificateRevocationList.MaxSize,
            HasChain: false, Renews: true, document => ProveOnce($"{product}", document.Body, body => Prove(body, product)));
        return (await cache.GetAsync(
            item, async token => Document(await source.FindRevocationListAsync(product, key, token)), cancel))?.Body;
    }

    private CollateralLife ProveOnce(string name, byte[] body, Func<byte[], CollateralLife> prove)
    {
        byte[][] content = [Encoding.UTF8.GetBytes(name), body];
        return _proven.Find(content) ?? _proven.Add(content, prove(body));
    }

    private CollateralLife Prove(byte[] derOrPem, VcekName name)
    {
        var certificate = PemCertificates.ParseOne(derOrPem);
        var vek = SnpVekExtensions.Parse(certificate);
        var isIt = vek.HardwareId is { } id && Convert.ToHexStringLower(id) == name.ChipIdHex && vek.Tcb == name.Tcb;
        var issuer = Roots(name.Product).Issuer(SnpSigningKey.Vcek);
        var problem = isIt ? CertificateIssuance.FindProblem(certificate, issuer.Certificate, issuer.Key)
            : "is that of another chip, or of other versions";
        return problem is null ? new(certificate.NotBefore, certificate.NotAfter)
            : throw new MalformedDataException("amd.vcek", "issuer", 0, problem);
    }

    private CollateralLife Prove(byte[] der, SnpProduct product)
    {
        var list = CertificateRevocationList.Parse(der);
        return list.FindProblem(Roots(product).Root) is { } problem ? throw new MalformedDataException("amd.crl", "signature", 0, problem)
            : new(list.ThisUpdate, list.NextUpdate);
    }

    private static CollateralDocument? Document(byte[]? body) => body is null ? null : new(body);
}
