using System.Text;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>The bytes of collateral as received (evidence.md 2.4).</summary>
public sealed record DcapCollateralBytes
{
    /// <summary>Answer body of <c>…/tcb</c>.</summary>
    public required ReadOnlyMemory<byte> TcbInfo { get; init; }

    /// <summary>Answer body of <c>…/qe/identity</c>.</summary>
    public required ReadOnlyMemory<byte> QeIdentity { get; init; }

    /// <summary>Certificates of who signed TCB info, PEM.</summary>
    public required ReadOnlyMemory<byte> TcbSigningChain { get; init; }

    /// <summary>Certificates of who signed the QE identity, PEM; null when they are the same.</summary>
    public byte[]? QeIdentitySigningChain { get; init; }

    /// <summary>Revocation list of the authority of PCK certificates, DER.</summary>
    public required ReadOnlyMemory<byte> PckCrl { get; init; }

    /// <summary>Revocation list of the root, DER.</summary>
    public required ReadOnlyMemory<byte> RootCaCrl { get; init; }

    /// <summary>The platform's certificate and its authorities, PEM, for quotes that only name their platform; null otherwise.</summary>
    public byte[]? PckChain { get; init; }
}

/// <summary>
/// Collateral, read once and then only looked at. What does not depend on a quote is proved here: that each piece is signed by Intel, back to
/// the pinned root key. Dates are compared at each verification. Safe for use by several threads.
/// </summary>
public sealed class DcapCollateral
{
    private const int MaxChain = 64 * 1024;

    private volatile Certificate? _listed;

    private DcapCollateral()
    {
    }

    /// <summary>SHA-256 of the root key (SubjectPublicKeyInfo) that everything here was proved against.</summary>
    public required string RootKeyDigest { get; init; }

    public required TcbInfo TcbInfo { get; init; }
    public required QeIdentity QeIdentity { get; init; }
    public required CertificateRevocationList PckCrl { get; init; }
    public required CertificateRevocationList RootCaCrl { get; init; }
    public required IReadOnlyList<Certificate> TcbSigningChain { get; init; }
    public required IReadOnlyList<Certificate> QeIdentitySigningChain { get; init; }

    /// <summary>As in <see cref="DcapCollateralBytes.PckChain"/>; null when there is none.</summary>
    public required IReadOnlyList<Certificate>? PckChain { get; init; }

    /// <summary>What the proof found: id of the check, what was looked at, and what is wrong; null when nothing is.</summary>
    internal IReadOnlyList<(string Id, string Subject, string? Problem)> Proof { get; private init; } = [];

    /// <summary>What is wrong with the revocation list under this authority of PCK certificates, in words; null for nothing.</summary>
    internal string? FindPckListProblem(Certificate authority)
    {
        // The same authority comes again and again.
        if (_listed is { } listed && listed.Raw.Span.SequenceEqual(authority.Raw.Span))
            return null;

        var problem = PckCrl.FindProblem(authority);
        if (problem is null)
            _listed = authority;

        return problem;
    }

    /// <param name="bytes">As received.</param>
    /// <param name="rootKeyDigest">SHA-256 of the root key that is trusted, in hexadecimal; null for Intel's.</param>
    /// <exception cref="MalformedDataException">A piece cannot be read. One that is not signed as it should be can, and is refused when it is used.</exception>
    public static DcapCollateral Parse(DcapCollateralBytes bytes, string? rootKeyDigest = null)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var root = rootKeyDigest ?? IntelRoot.KeyDigest;
        var tcbInfo = TcbInfo.Parse(bytes.TcbInfo);
        var identity = QeIdentity.Parse(bytes.QeIdentity);
        var signers = Certificates(bytes.TcbSigningChain.Span);
        var identitySigners = bytes.QeIdentitySigningChain is { } chain ? Certificates(chain) : signers;
        var rootCrl = CertificateRevocationList.Parse(bytes.RootCaCrl.Span);
        return new()
        {
            RootKeyDigest = root,
            TcbInfo = tcbInfo.Body,
            QeIdentity = identity.Body,
            PckCrl = CertificateRevocationList.Parse(bytes.PckCrl.Span),
            RootCaCrl = rootCrl,
            TcbSigningChain = signers,
            QeIdentitySigningChain = identitySigners,
            PckChain = bytes.PckChain is { } pck ? Certificates(pck) : null,
            Proof =
            [
                ("dcap.root_crl.signature", "revocation list of the root", FindRootCrlProblem(rootCrl, signers, root)),
                ("dcap.tcb_info.signature", "TCB info", FindProblem(tcbInfo, signers, rootCrl, root)),
                ("dcap.qe_identity.signature", "QE identity", FindProblem(identity, identitySigners, rootCrl, root)),
            ],
        };
    }

    internal static IReadOnlyList<Certificate> Certificates(ReadOnlySpan<byte> pem) =>
        pem.Length <= MaxChain ? PemCertificates.Parse(Encoding.Latin1.GetString(pem), max: 4)
            : throw new MalformedDataException("intel.collateral", "chain", 0, $"is {pem.Length} bytes long, at most {MaxChain} are allowed");

    private static string? FindRootCrlProblem(CertificateRevocationList list, IReadOnlyList<Certificate> signers, string rootKeyDigest)
    {
        var root = IntelRoot.Find(signers, rootKeyDigest);
        if (root is null)
            return "no certificate of the pinned root key is at hand";

        if (list.Extensions.Find(CertificateExtensions.AuthorityKeyIdentifierOid) is null || list.Number is null)
            return "it has no authority key identifier or no number";

        return list.FindProblem(root) ?? (list.IsRevoked(root) ? "it revokes the root itself" : null);
    }

    private static string? FindProblem<T>(
        SignedBody<T> signed, IReadOnlyList<Certificate> signers, CertificateRevocationList rootCrl, string rootKeyDigest) =>
        TcbSigner.FindProblem(signed, signers, rootKeyDigest)
        ?? (signers.Any(rootCrl.IsRevoked) ? "the certificate of its signer is revoked" : null);
}
