using Nacre.Evidence.Snp;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Snp;

/// <summary>
/// The keys that all reports of one product go back to. The certificates are AMD's, as its key distribution service hands them out; the root
/// is pinned by its key (evidence.md 0), and each certificate is checked when the product is first used.
/// </summary>
internal sealed class AmdRoots
{
    private static readonly Lazy<AmdRoots> s_milan = new(() => Load("milan", "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9"));
    private static readonly Lazy<AmdRoots> s_genoa = new(() => Load("genoa", "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831"));
    private static readonly Lazy<AmdRoots> s_turin = new(() => Load("turin", "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08"));

    private readonly (Certificate Certificate, VerificationKey Key) _vcekIssuer;
    private readonly (Certificate Certificate, VerificationKey Key) _vlekIssuer;

    /// <summary>Checks and takes a root (ARK) and its two intermediates (ASK, ASVK).</summary>
    /// <exception cref="InvalidOperationException">They are not what they should be: the build is damaged.</exception>
    internal AmdRoots(Certificate root, Certificate vcekIssuer, Certificate vlekIssuer, string rootKeyDigest)
    {
        var problem = VerificationKey.Digest(root.SubjectPublicKeyInfo.Span) != rootKeyDigest ? "its key is not the pinned one"
            : CertificateIssuance.FindProblem(root, root, authoritiesBelow: 1)
                ?? CertificateIssuance.FindProblem(vcekIssuer, root)
                ?? CertificateIssuance.FindProblem(vlekIssuer, root);
        if (problem is not null)
            throw new InvalidOperationException($"the embedded root {root.Subject} cannot be used: {problem}");

        Root = root;
        _vcekIssuer = (vcekIssuer, VerificationKey.Import(vcekIssuer.SubjectPublicKeyInfo.Span));
        _vlekIssuer = (vlekIssuer, VerificationKey.Import(vlekIssuer.SubjectPublicKeyInfo.Span));
    }

    public Certificate Root { get; }

    public static AmdRoots Of(SnpProduct product) => product switch
    {
        SnpProduct.Milan => s_milan.Value,
        SnpProduct.Genoa => s_genoa.Value,
        _ => s_turin.Value,
    };

    /// <summary>Whether this is the root or an intermediate of some product, byte for byte.</summary>
    public static bool IsAuthority(Certificate certificate) => new[] { s_milan, s_genoa, s_turin }.Any(roots =>
        new[] { roots.Value.Root, roots.Value._vcekIssuer.Certificate, roots.Value._vlekIssuer.Certificate }
            .Any(one => one.Raw.Span.SequenceEqual(certificate.Raw.Span)));

    /// <summary>Who issues certificates for this kind of key, with the key at hand.</summary>
    public (Certificate Certificate, VerificationKey Key) Issuer(SnpSigningKey kind) => kind == SnpSigningKey.Vlek ? _vlekIssuer : _vcekIssuer;

    private static AmdRoots Load(string name, string rootKeyDigest)
    {
        using var stream = typeof(AmdRoots).Assembly.GetManifestResourceStream($"amd/{name}.pem")
            ?? throw new InvalidOperationException($"the embedded certificates amd/{name}.pem are missing");
        using var reader = new StreamReader(stream);
        return PemCertificates.Parse(reader.ReadToEnd()) is [var ask, var ark, var asvk]
            ? new(ark, ask, asvk, rootKeyDigest)
            : throw new InvalidOperationException($"amd/{name}.pem must hold three certificates");
    }
}
