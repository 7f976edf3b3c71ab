using Nacre.Evidence.Nitro;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Nitro;

/// <summary>The chain of a document: the first of its authorities must be the pinned root, the last has issued the leaf.</summary>
internal sealed class NitroChain(NitroOptions options)
{
    private const string Resend = "send the document as it was made";

    // All enclaves of a machine send the same ones. Only that their signatures are good is remembered; dates are judged each time.
    private readonly ContentCache<IReadOnlyList<Certificate>> _proven = new(1024);

    /// <summary>The key of the leaf; null if a check failed without which it must not be used.</summary>
    public VerificationKey? Verify(CheckList checks, NitroDocument document, DateTimeOffset at)
    {
        var known = _proven.Find(document.Authorities);
        IReadOnlyList<Certificate> authorities;
        Certificate leaf;
        try
        {
            authorities = known ?? [.. document.Authorities.Select(der => Certificate.Parse(der))];
            leaf = Certificate.Parse(document.Certificate);
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "nitro.chain.format", $"{error.Field} at 0x{error.Offset:x3}", "X.509 in DER", error.Rule, Resend);
            return null;
        }

        checks.Require(true, "nitro.chain.format", "certificates");
        var root = authorities.Count > 0 ? VerificationKey.Digest(authorities[0].SubjectPublicKeyInfo.Span) : "(no authorities)";
        if (!checks.Require(
            root == options.RootKeyDigest, "nitro.chain.root", "key of the first authority, SHA-256", options.RootKeyDigest, root,
            "only enclaves of AWS are believed"))
            return null;

        var problem = known is null ? FindProblem(authorities) : null;
        if (problem is null && known is null)
            _proven.Add(document.Authorities, authorities);

        problem ??= FindProblem(leaf, authorities[^1], authoritiesBelow: 0);
        if (!checks.Require(
            problem is null, "nitro.chain.issuer", "each certificate", "issued by the one before it", problem ?? "it is", Resend))
            return null;

        RequireDates(checks, authorities, leaf, document.Timestamp, at);
        return ImportKey(checks, leaf);
    }

    private static void RequireDates(
        CheckList checks, IReadOnlyList<Certificate> authorities, Certificate leaf, DateTimeOffset made, DateTimeOffset at)
    {
        var outside = authorities.Append(leaf).FirstOrDefault(certificate => !certificate.IsValidAt(at));
        checks.Require(
            outside is null, "nitro.chain.validity", "certificates", $"valid at {at:u}",
            outside is null ? "they are" : $"{outside.Subject} is valid from {outside.NotBefore:u} to {outside.NotAfter:u}",
            "ask the enclave for a new document: its certificate lives three hours");
        checks.Require(
            leaf.IsValidAt(made), "nitro.timestamp", "timestamp", $"within {leaf.NotBefore:u} and {leaf.NotAfter:u}", made.ToString("u"),
            "ask the enclave for a new document");
    }

    private static string? FindProblem(IReadOnlyList<Certificate> authorities)
    {
        if (FindProblem(authorities[0], authorities[0], authorities.Count - 1) is { } rootProblem)
            return rootProblem;

        for (var i = 1; i < authorities.Count; i++)
        {
            if (FindProblem(authorities[i], authorities[i - 1], authorities.Count - i) is { } problem)
                return problem;
        }

        return null;
    }

    private static string? FindProblem(Certificate certificate, Certificate issuer, int authoritiesBelow) =>
        CertificateIssuance.FindProblem(certificate, issuer, authoritiesBelow) is { } problem ? $"{certificate.Subject}: {problem}" : null;

    private static VerificationKey? ImportKey(CheckList checks, Certificate leaf)
    {
        VerificationKey? key = null;
        string found;
        try
        {
            key = VerificationKey.Import(leaf.SubjectPublicKeyInfo.Span);
            found = key.Kind;
        }
        catch (MalformedDataException error)
        {
            found = error.Rule;
        }

        if (checks.Require(found == "P-384", "nitro.chain.key", "key of the certificate", "ECC on P-384", found, Resend))
            return key;

        key?.Dispose();
        return null;
    }
}
