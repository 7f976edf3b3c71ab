using Nacre.Evidence.Nitro;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Nitro;

/// <summary>The chain of a document: the first of its authorities must be the pinned root, the last has issued the leaf.</summary>
internal static class NitroChain
{
    /// <summary>The key of the leaf; null if a check failed without which it must not be used.</summary>
    public static VerificationKey? Verify(CheckList checks, NitroDocument document, NitroOptions options, DateTimeOffset at)
    {
        List<Certificate> chain;
        try
        {
            chain = [.. document.Authorities.Select(der => Certificate.Parse(der)), Certificate.Parse(document.Certificate)];
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "nitro.chain.format", $"{error.Field} at 0x{error.Offset:x3}", "X.509 in DER", error.Rule, "send the document as it was made");
            return null;
        }

        checks.Require(true, "nitro.chain.format", "certificates");
        var root = chain.Count > 1 ? VerificationKey.Digest(chain[0].SubjectPublicKeyInfo.Span) : "(no authorities)";
        if (!checks.Require(
            root == options.RootKeyDigest, "nitro.chain.root", "key of the first authority, SHA-256", options.RootKeyDigest, root,
            "only enclaves of AWS are believed"))
            return null;

        var problem = FindProblem(chain);
        if (!checks.Require(problem is null, "nitro.chain.issuer", "each certificate", "issued by the one before it", problem ?? "it is", "send the document as it was made"))
            return null;

        var outside = chain.Find(certificate => !certificate.IsValidAt(at));
        checks.Require(
            outside is null, "nitro.chain.validity", "certificates", $"valid at {at:u}",
            outside is null ? "they are" : $"{outside.Subject} is valid from {outside.NotBefore:u} to {outside.NotAfter:u}",
            "ask the enclave for a new document: its certificate lives three hours");
        var leaf = chain[^1];
        checks.Require(
            leaf.IsValidAt(document.Timestamp), "nitro.timestamp", "timestamp", $"within {leaf.NotBefore:u} and {leaf.NotAfter:u}",
            document.Timestamp.ToString("u"), "ask the enclave for a new document");
        return ImportKey(checks, leaf);
    }

    private static string? FindProblem(List<Certificate> chain)
    {
        if (CertificateIssuance.FindProblem(chain[0], chain[0], chain.Count - 2) is { } rootProblem)
            return rootProblem;

        for (var i = 1; i < chain.Count; i++)
            if (CertificateIssuance.FindProblem(chain[i], chain[i - 1], chain.Count - 1 - i) is { } problem)
                return $"{chain[i].Subject}: {problem}";

        return null;
    }

    private static VerificationKey? ImportKey(CheckList checks, Certificate leaf)
    {
        try
        {
            var key = VerificationKey.Import(leaf.SubjectPublicKeyInfo.Span);
            if (checks.Require(key.Kind == "P-384", "nitro.chain.key", "key of the certificate", "ECC on P-384", key.Kind, "send the document as it was made"))
                return key;

            key.Dispose();
            return null;
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "nitro.chain.key", "key of the certificate", "ECC on P-384", error.Rule, "send the document as it was made");
            return null;
        }
    }
}
