using Nacre.Formats;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Signatures.Sigstore;

namespace Nacre.Images.Policy;

/// <summary>
/// <c>sigstoreSigned</c>: signatures beside the image in the registry, by a key, or by a certificate whose use a log has witnessed. First those
/// in cosign's own place, then bundles that refer to the image.
/// </summary>
internal sealed class SigstoreCheck(PolicyFiles files, SignatureOptions options)
{
    public async Task<RequirementResult> CheckAsync(PolicyRequirement.SigstoreSigned requirement, ImageInQuestion image, CancellationToken cancel)
    {
        var trust = await SigstoreTrust.ReadAsync(requirement, files, cancel);
        var attempts = new List<SignatureAttempt>();
        Func<RegistryImage, Digest, CancellationToken, Task<IReadOnlyList<ImageSignature>>>[] places = [CosignSignatures.FindAsync, BundleSignatures.FindAsync];
        foreach (var find in places)
        {
            foreach (var digest in image.Digests)
                attempts.AddRange((await find(image.Registry, digest, cancel)).Select(signature => Try(signature, trust, image)));
            if (attempts.Exists(attempt => attempt.Problem is null))
                break;
        }

        return PolicyEvaluator.Conclude(requirement.Type, $"a signature of {image.Digests[0]} by {trust}", attempts);
    }

    private SignatureAttempt Try(ImageSignature signature, SigstoreTrust trust, ImageInQuestion image)
    {
        var signer = "unknown";
        try
        {
            if (FindProblem(signature, trust, out signer) is { } problem)
                return new(signature.Where, signer, null, problem);

            var (digest, name) = Claim(signature);
            return new(signature.Where, signer, name, image.FindProblem(digest, name, trust.Requirement.Identity));
        }
        catch (MalformedDataException e)
        {
            return new(signature.Where, signer, null, e.Message);
        }
        catch (ImageException e) when (e.Fault is ImageFault.Malformed or ImageFault.PolicyInvalid)
        {
            // The latter is what a key says that is too weak, here the one in the signature's own certificate.
            return new(signature.Where, signer, null, e.What);
        }
    }

    /// <summary>Null when the signature is by whom it must be, and logged where it must be; what it says is not looked at.</summary>
    internal string? FindProblem(ImageSignature signature, SigstoreTrust trust, out string signer) =>
        trust.Requirement.Certificates is null ? FindKeyProblem(signature, trust, out signer) : FindCertificateProblem(signature, trust, out signer);

    private static string? FindKeyProblem(ImageSignature signature, SigstoreTrust trust, out string signer)
    {
        var content = signature.SignedContent();
        var key = trust.Keys.FirstOrDefault(key => key.Verifies(content, signature.Signature));
        signer = key?.Fingerprint ?? "another key";
        if (key is null)
            return signature.Damage ?? "a signature by another key";
        if (trust.Logs.Count == 0)
            return null;
        return signature.LogEntry is { } entry
            ? LogEntryCheck.FindProblem(entry, signature, key.SubjectPublicKeyInfo.Span, trust.Logs)
            : signature.Damage ?? "a signature without an entry of a transparency log";
    }

    private string? FindCertificateProblem(ImageSignature signature, SigstoreTrust trust, out string signer)
    {
        signer = "unknown";
        if (signature.Certificate is not { } certificate)
            return signature.Damage ?? "a signature without a certificate";

        signer = SignerCertificate.Describe(certificate);
        if (!SignatureKey.FromSpki(certificate.SubjectPublicKeyInfo.ToArray(), signature.Where).Verifies(signature.SignedContent(), signature.Signature))
            return "a signature that is not by its certificate";

        if (trust.Logs.Count == 0)
            return SignerCertificate.FindProblem(signature, trust, options.Clock.GetUtcNow());
        if (signature.LogEntry is not { } entry)
            return "a signature without an entry of a transparency log";
        if (LogEntryCheck.FindProblem(entry, signature, certificate.Raw.Span, trust.Logs) is { } unlogged)
            return unlogged;
        if (trust.Requirement.Certificates is not CertificateRule.Fulcio)
            return SignerCertificate.FindProblem(signature, trust, options.Clock.GetUtcNow());

        // A certificate of Fulcio is long over; somebody must say that it was not when it was used.
        var times = SignatureTime.Find(signature, trust, out var untimed);
        return untimed ?? times.Select(at => SignerCertificate.FindProblem(signature, trust, at)).FirstOrDefault(problem => problem is not null);
    }

    private static (Digest Digest, string? Name) Claim(ImageSignature signature)
    {
        switch (signature.PayloadType)
        {
            case null:
                var simple = SimpleSigningPayload.Parse(signature.Payload, SimpleSigningPayload.CosignType, signature.Where);
                return (simple.ManifestDigest, simple.DockerReference);
            case InTotoStatement.PayloadType:
                var statement = InTotoStatement.Parse(signature.Payload);
                return (statement.Subject, statement.Name);
            default:
                throw new MalformedDataException("dsse", "payloadType", 0, $"is '{signature.PayloadType}', must be '{InTotoStatement.PayloadType}'");
        }
    }
}
