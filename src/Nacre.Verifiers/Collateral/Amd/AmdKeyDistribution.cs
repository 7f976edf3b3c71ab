using System.Globalization;
using Nacre.Evidence.Snp;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Collateral.Amd;

/// <summary>
/// AMD's key distribution service (evidence.md 5.2). What it answers is not trusted: the verifier checks every signature.
/// </summary>
/// <param name="http">Asks.</param>
/// <param name="service">Another than AMD's own; null for that.</param>
public sealed class AmdKeyDistribution(CollateralHttp http, Uri? service = null) : IAmdCollateral
{
    public static readonly Uri DefaultService = new("https://kdsintf.amd.com");

    private readonly Uri _service = service ?? DefaultService;

    public ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(name);
        return GetAsync(Path(name), "a VCEK", Certificate.MaxSize, cancel);
    }

    public ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel) =>
        GetAsync($"{(key == SnpSigningKey.Vlek ? "vlek" : "vcek")}/v1/{product.Name()}/crl", "a revocation list", CertificateRevocationList.MaxSize, cancel);

    internal static string Path(VcekName name)
    {
        var tcb = name.Tcb;
        var fmc = tcb.Fmc is { } number ? string.Create(CultureInfo.InvariantCulture, $"fmcSPL={number:00}&") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"vcek/v1/{name.Product.Name()}/{name.ChipIdHex}?{fmc}blSPL={tcb.Bootloader:00}&teeSPL={tcb.Tee:00}&snpSPL={tcb.Snp:00}&ucodeSPL={tcb.Microcode:00}");
    }

    private async ValueTask<byte[]?> GetAsync(string path, string what, int max, CancellationToken cancel) =>
        (await http.GetAsync(new Uri(_service, path), what, max, cancel))?.Body;
}
