using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>Whose signatures are believed on documents that bring reference values. Nobody's, unless said otherwise.</summary>
public sealed record ReferenceValueTrust
{
    public static ReferenceValueTrust None { get; } = new();

    public IReadOnlyList<ReferenceSigner> Signers { get; init; } = [];

    /// <summary>Take layouts whose inspections are not made: a server runs no commands that a document names.</summary>
    public bool AcceptSkippedInspections { get; init; }

    /// <summary>Take CoRIM and SWID documents without any signature, as upstream does; a signature that is there must still be believed.</summary>
    public bool AcceptUnsigned { get; init; }

    /// <summary>Owners of in-toto layouts, each of whom must have signed: those believed on this type only, or else those believed on all.</summary>
    public IReadOnlyList<SupplyChainKey> LayoutOwners(string type)
    {
        var own = Signers.Where(signer => signer.Type == type).ToList();
        var owners = own.Count > 0 ? own : [.. For(type)];
        return [.. owners.Select(signer => signer.Key).DistinctBy(key => key.Fingerprint)];
    }

    /// <summary>
    /// Which of the signatures of a document is of somebody who is believed, and the fingerprint of the key that made it: one that is believed
    /// itself, or that of a certificate below an authority.
    /// </summary>
    /// <param name="type">Of the document.</param>
    /// <param name="signatures">As it carries them; one that is believed is enough.</param>
    /// <param name="at">When certificates must be valid.</param>
    /// <param name="structure">The document, for messages.</param>
    /// <exception cref="MalformedDataException">None of them is.</exception>
    internal (int Index, string Fingerprint) RequireSigner(
        string type, IReadOnlyList<ShownSignature> signatures, DateTimeOffset at, string structure)
    {
        var believed = For(type).ToList();
        if (believed.Count == 0)
        {
            throw new MalformedDataException(
                structure, "(signature)", 0, $"nobody is believed on '{type}': start the server with --reference-trust {type}=FILE");
        }

        for (var i = 0; i < signatures.Count; i++)
        {
            var one = signatures[i];
            if (believed.Find(signer => signer.Certificate?.IsValidAt(at) != false && one.IsBy(signer.Key)) is { } direct)
                return (i, direct.Key.Fingerprint);
            if (Below(believed, one, at) is { } key)
                return (i, key.Fingerprint);
        }

        throw new MalformedDataException(
            structure, "(signature)", 0, $"is of none of the {believed.Count} keys and authorities that are believed on '{type}'");
    }

    private static SupplyChainKey? Below(List<ReferenceSigner> believed, ShownSignature signature, DateTimeOffset at)
    {
        var roots = believed.Select(signer => signer.Certificate).OfType<Certificate>().ToList();
        if (signature.Certificates.Count == 0)
            return null;

        var leaf = signature.Certificates[0];
        if (CertificatePath.Find(leaf, [.. signature.Certificates.Skip(1)], roots, at, out _) is null)
            return null;

        var key = SupplyChainKey.Import(leaf.SubjectPublicKeyInfo.Span);
        return CertificateUse.Read(leaf) is { MaySignData: true, UnknownCritical: null } && signature.IsBy(key) ? key : null;
    }

    private IEnumerable<ReferenceSigner> For(string type) => Signers.Where(signer => signer.Type is null || signer.Type == type);
}

/// <summary>A signature of a document, before anyone believes it.</summary>
/// <param name="Certificates">What came with it, the certificate of its key first; they prove nothing by themselves.</param>
/// <param name="IsBy">Whether a key made it, over what is read of the document.</param>
internal sealed record ShownSignature(IReadOnlyList<Certificate> Certificates, Func<SupplyChainKey, bool> IsBy);
