using System.Text;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Images.Signatures;

namespace Nacre.Images.Policy;

/// <summary>All keys and certificates that one <c>sigstoreSigned</c> names, read.</summary>
internal sealed record SigstoreTrust(PolicyRequirement.SigstoreSigned Requirement, IReadOnlyList<SignatureKey> Keys, IReadOnlyList<SignatureKey> Logs)
{
    private const int MostCertificates = 64;

    public IReadOnlyList<Certificate> Roots { get; private init; } = [];

    public IReadOnlyList<Certificate> Intermediates { get; private init; } = [];

    /// <summary>Authorities for time stamps.</summary>
    public IReadOnlyList<Certificate> TimeRoots { get; private init; } = [];

    /// <summary>Between those and who signs time stamps, and the latter too.</summary>
    public IReadOnlyList<Certificate> TimeIntermediates { get; private init; } = [];

    public IReadOnlyList<byte[]> CertificateLogs { get; private init; } = [];

    /// <summary>By whom a signature must be, for messages.</summary>
    public override string ToString()
    {
        var signer = Requirement.Certificates switch
        {
            CertificateRule.Fulcio fulcio => $"{fulcio.Subject.Value} of {fulcio.OidcIssuer}",
            CertificateRule.Pki pki => string.Join(" and ", pki.Subjects.Select(subject => subject.Value)),
            _ => string.Join(" or ", Keys.Select(key => key.Fingerprint)),
        };
        return Logs.Count == 0 ? signer : $"{signer}, in a transparency log";
    }

    public static async Task<SigstoreTrust> ReadAsync(PolicyRequirement.SigstoreSigned requirement, PolicyFiles files, CancellationToken cancel)
    {
        var trust = new SigstoreTrust(requirement, await KeysAsync(requirement.Keys, files, cancel), await KeysAsync(requirement.LogKeys, files, cancel));
        switch (requirement.Certificates)
        {
            case CertificateRule.Fulcio fulcio:
                var (roots, intermediates) = Sorted(await CertificatesAsync(fulcio.Authorities, files, cancel));
                var (timeRoots, timeIntermediates) = Sorted(await CertificatesAsync(fulcio.TimeAuthorities, files, cancel));
                return trust with
                {
                    Roots = roots,
                    Intermediates = intermediates,
                    TimeRoots = timeRoots,
                    TimeIntermediates = timeIntermediates,
                    CertificateLogs = [.. (await KeysAsync(fulcio.LogKeys, files, cancel)).Select(key => key.SubjectPublicKeyInfo.ToArray())],
                };
            case CertificateRule.Pki pki:
                return trust with
                {
                    Roots = await CertificatesAsync(pki.Roots, files, cancel),
                    Intermediates = await CertificatesAsync(pki.Intermediates, files, cancel),
                };
            default:
                return trust;
        }
    }

    // One file holds the root and may hold what is below it: what issues itself is a root.
    private static (IReadOnlyList<Certificate> Roots, IReadOnlyList<Certificate> Others) Sorted(IReadOnlyList<Certificate> certificates)
    {
        var byKind = certificates.ToLookup(one => one.Issuer.Equals(one.Subject));
        return ([.. byKind[true]], [.. byKind[false]]);
    }

    private static async Task<IReadOnlyList<SignatureKey>> KeysAsync(KeyMaterial? material, PolicyFiles files, CancellationToken cancel) => material is null
        ? []
        : [.. (await files.ReadAsync(material, cancel)).Select(item => SignatureKey.Parse(item.Content, item.Where))];

    private static async Task<IReadOnlyList<Certificate>> CertificatesAsync(KeyMaterial? material, PolicyFiles files, CancellationToken cancel)
    {
        var all = new List<Certificate>();
        foreach (var (content, where) in material is null ? [] : await files.ReadAsync(material, cancel))
        {
            try
            {
                all.AddRange(PemCertificates.Parse(Encoding.Latin1.GetString(content), MostCertificates));
            }
            catch (MalformedDataException e)
            {
                throw new ImageException(ImageFault.PolicyInvalid, $"the certificates cannot be read: {e.Message}", where, "give them in PEM, one after the other", e);
            }
        }

        return all;
    }
}
