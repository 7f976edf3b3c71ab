using Nacre.Formats;
using Nacre.Images.Oci;
using Nacre.Images.Signatures.Notation;
using Nacre.Images.Transports;

namespace Nacre.Images.Policy.Notation;

/// <summary>
/// Signatures of the Notary Project by a trust policy (trust-store-trust-policy.md, "Signature Verification"). One good signature is enough. No
/// plugin is run, and no server is asked whether a certificate was revoked.
/// </summary>
internal sealed class NotationCheck(NotationTrust trust, TimeProvider clock)
{
    private const string Type = "notation";

    public async Task<RequirementResult> CheckAsync(ImageInQuestion image, CancellationToken cancel)
    {
        if (trust.Policy.Find(image.Name) is not { } rule)
        {
            return new(
                Type, ImageFault.PolicyRejected, $"a trust policy for {image.Name.Name}", "none whose registryScopes name it, and none for '*'");
        }

        var type = $"{Type} '{rule.Name}' ({rule.Level})";
        if (rule.Level.SkipsAll)
            return new(type, Fault: null, "nothing: the policy skips these images", "an image");

        var rules = new NotationSignatureRules(rule, trust.TrustStore, clock.GetUtcNow());
        var attempts = new List<SignatureAttempt>();
        foreach (var digest in image.Digests)
        {
            foreach (var signature in await NotationSignatures.FindAsync(image.Registry, digest, cancel))
                attempts.Add(await TryAsync(signature, image, rules, cancel));
        }

        return PolicyEvaluator.Conclude(type, $"a Notary Project signature of {image.Digests[0]} by {rule}", attempts);
    }

    private static async Task<SignatureAttempt> TryAsync(
        FoundNotationSignature found, ImageInQuestion image, NotationSignatureRules rules, CancellationToken cancel)
    {
        var signer = found.Envelope is { } read ? TrustedIdentity.Describe(read.Chain[0].Subject) : "unknown";
        try
        {
            if (found.Envelope is not { } envelope)
                return new(found.Where, signer, SignedName: null, found.Damage);
            var problem = envelope.FindProblem() ?? await FindPayloadProblemAsync(envelope, image, found.Where, cancel);
            if (problem is not null)
                return new(found.Where, signer, SignedName: null, problem);

            var (enforced, logged) = rules.Check(envelope);
            return new(found.Where, signer, SignedName: null, enforced) { Notes = logged };
        }
        catch (MalformedDataException e)
        {
            return new(found.Where, signer, SignedName: null, e.Message);
        }
    }

    // Digest, size and type must all be those of what is pulled: the same bytes under another type would be another thing.
    private static async Task<string?> FindPayloadProblemAsync(NotationEnvelope envelope, ImageInQuestion image, string where, CancellationToken cancel)
    {
        Descriptor target;
        try
        {
            target = NotationPayload.Parse(envelope.Payload.Span, where);
        }
        catch (ImageException e) when (e.Fault == ImageFault.Malformed)
        {
            return e.What;
        }

        if (!image.Digests.Contains(target.Digest))
            return $"a signature of another image, {target.Digest}";
        var stored = await image.Registry.GetVerifiedManifestAsync(target.Digest, cancel);
        return target.Size == stored.Bytes.Length && target.MediaType == stored.MediaType
            ? null
            : $"a signature of {target.MediaType} of {target.Size} bytes, the image is {stored.MediaType} of {stored.Bytes.Length}";
    }
}
