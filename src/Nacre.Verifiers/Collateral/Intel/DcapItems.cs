using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>The documents that make up Intel's collateral, and how each proves to be what was asked for.</summary>
internal static class DcapItems
{
    public static CollateralItem TcbInfo(bool isTdx, string fmspc, string root) => new(
        $"intel/{Tee(isTdx)}/tcb/{fmspc}", $"TCB info of {Tee(isTdx).ToUpperInvariant()} platforms {fmspc}", IntelJson.MaxSize,
        HasChain: true, Renews: true,
        document =>
        {
            var signed = Intel.TcbInfo.Parse(document.Body);
            RequireSigned(signed, document, root, "intel.tcb_info");
            var info = signed.Body;
            return info.IsTdx == isTdx && Convert.ToHexStringLower(info.Fmspc) == fmspc ? new(info.IssueDate, info.NextUpdate)
                : throw new MalformedDataException(
                    "intel.tcb_info", "fmspc", 0, $"is that of {Tee(info.IsTdx)} {Convert.ToHexStringLower(info.Fmspc)}");
        });

    public static CollateralItem QeIdentity(bool isTdx, string root) => new(
        $"intel/{Tee(isTdx)}/qe_identity", $"QE identity of {Tee(isTdx).ToUpperInvariant()}", IntelJson.MaxSize,
        HasChain: true, Renews: true,
        document =>
        {
            var signed = Intel.QeIdentity.Parse(document.Body);
            RequireSigned(signed, document, root, "intel.qe_identity");
            var identity = signed.Body;
            return identity.Id == (isTdx ? "TD_QE" : "QE") ? new(identity.IssueDate, identity.NextUpdate)
                : throw new MalformedDataException("intel.qe_identity", "id", 0, $"is {identity.Id}");
        });

    /// <param name="authority"><c>platform</c> or <c>processor</c>.</param>
    /// <param name="root">SHA-256 of the root's key.</param>
    public static CollateralItem PckList(string authority, string root) => new(
        $"intel/pck_crl/{authority}", $"revocation list of the {authority} authority", CertificateRevocationList.MaxSize,
        HasChain: true, Renews: true,
        document =>
        {
            var chain = DcapCollateral.Certificates(document.Chain);
            var name = authority == "platform" ? "Intel SGX PCK Platform CA" : "Intel SGX PCK Processor CA";
            var issuer = chain.FirstOrDefault(one => one.Subject.CommonName == name);
            var problem = issuer is null ? $"is not that of {name}"
                : IntelRoot.Find(chain, root) is not { } top ? "has a chain to another root"
                : CertificateIssuance.FindProblem(issuer, top);
            return problem is null ? Read(document.Body, issuer!) : throw new MalformedDataException("intel.pck_crl", "issuer", 0, problem);
        });

    /// <param name="top">The root itself, whose key is the pinned one.</param>
    public static CollateralItem RootList(Certificate top) => new(
        "intel/root_crl", "revocation list of Intel's root", CertificateRevocationList.MaxSize, HasChain: false, Renews: true,
        document => Read(document.Body, top));

    private static string Tee(bool isTdx) => isTdx ? "tdx" : "sgx";

    private static CollateralLife Read(byte[] der, Certificate issuer)
    {
        var list = CertificateRevocationList.Parse(der);
        return list.FindProblem(issuer) is { } problem ? throw new MalformedDataException("x509.crl", "signature", 0, problem)
            : new(list.ThisUpdate, list.NextUpdate);
    }

    private static void RequireSigned<T>(SignedBody<T> signed, CollateralDocument document, string root, string structure)
    {
        if (TcbSigner.FindProblem(signed, DcapCollateral.Certificates(document.Chain), root) is { } problem)
            throw new MalformedDataException(structure, "signature", 0, problem);
    }
}
