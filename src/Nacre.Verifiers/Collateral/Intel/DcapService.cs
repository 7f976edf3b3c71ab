using System.Text;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>
/// The requests of Intel's provisioning certification service, version 3 or 4, and of PCCS, which has the same paths (evidence.md 2.4). The
/// issuer chain of an answer is in a header, percent-encoded. PCCS may give revocation lists in hexadecimal.
/// </summary>
internal sealed class DcapService(CollateralHttp http, DcapServiceOptions options)
{
    private const int MaxChain = 32 * 1024;
    private static readonly Uri s_intelRootList = new("https://certificates.trustedservices.intel.com/IntelSGXRootCA.der");

    private readonly Uri _base = new(options.Service, "/");
    private readonly string _version = options.Service.AbsolutePath.TrimEnd('/').EndsWith("/v3", StringComparison.Ordinal) ? "v3" : "v4";

    public ValueTask<CollateralDocument?> FindTcbInfoAsync(CollateralItem item, bool isTdx, string fmspc, CancellationToken cancel) =>
        GetAsync(
            item, $"{Tee(isTdx)}/certification/{_version}/tcb?fmspc={fmspc.ToUpperInvariant()}&update={Update}",
            _version == "v3" ? "SGX-TCB-Info-Issuer-Chain" : "TCB-Info-Issuer-Chain", cancel);

    public ValueTask<CollateralDocument?> FindQeIdentityAsync(CollateralItem item, bool isTdx, CancellationToken cancel) => GetAsync(
        item, $"{Tee(isTdx)}/certification/{_version}/qe/identity?update={Update}", "SGX-Enclave-Identity-Issuer-Chain", cancel);

    public ValueTask<CollateralDocument?> FindPckListAsync(CollateralItem item, string authority, CancellationToken cancel) => GetAsync(
        item, $"sgx/certification/{_version}/pckcrl?ca={authority}&encoding=der", "SGX-PCK-CRL-Issuer-Chain", cancel);

    // Intel publishes the root's list elsewhere; a PCCS has a path of its own for it.
    public ValueTask<CollateralDocument?> FindRootListAsync(CollateralItem item, CancellationToken cancel) =>
        _base == DcapServiceOptions.IntelService ? GetAsync(item, s_intelRootList.ToString(), header: null, cancel)
            : GetAsync(item, $"sgx/certification/{_version}/rootcacrl", header: null, cancel);

    private string Update => options.UpdateEarly ? "early" : "standard";

    private static string Tee(bool isTdx) => isTdx ? "tdx" : "sgx";

    private async ValueTask<CollateralDocument?> GetAsync(CollateralItem item, string path, string? header, CancellationToken cancel)
    {
        var url = new Uri(_base, path);

        // Hexadecimal is twice as long.
        if (await http.GetAsync(url, item.What, 2 * item.MaxSize, cancel) is not { } answer)
            return null;

        if (header is null)
            return new(FromHex(answer.Body));

        return answer.FindHeader(header) is { Length: > 0 and <= MaxChain } chain
            ? new(FromHex(answer.Body), Encoding.Latin1.GetBytes(chain))
            : throw new CollateralUnavailableException(item.What, url.ToString(), $"the answer has no issuer chain in its header {header}");
    }

    // DER begins with 0x30, which is also the digit 0; signed JSON begins with a brace.
    private static byte[] FromHex(byte[] body)
    {
        var text = body.AsSpan().Trim(" \r\n\t"u8);
        var bytes = new byte[text.Length / 2];
        return text.StartsWith("30"u8) && text.Length % 2 == 0
            && Convert.FromHexString(Encoding.ASCII.GetString(text), bytes, out _, out var written) == System.Buffers.OperationStatus.Done
                && written == bytes.Length
            ? bytes : body;
    }
}
