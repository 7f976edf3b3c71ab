using Nacre.Evidence.Protocol;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;

namespace Nacre.Images.Policy;

/// <summary>
/// Decides about one image. The name is the one the user gave, never a mirror's; the digests are those of what was really fetched, so a
/// tag that moves in between changes nothing.
/// </summary>
public sealed class PolicyEvaluator(ImagePolicy policy, IResourceSource? resources)
{
    private const int LargestKey = 64 * 1024;

    /// <param name="location">As the user gave it.</param>
    /// <param name="source">Where signatures are looked for; only registries hold them.</param>
    /// <param name="digests">Of the manifest that will run and, when there is one, of the index that names it: a signature of either is good.</param>
    /// <param name="cancel">Ends the search.</param>
    public async Task<PolicyDecision> EvaluateAsync(
        ImageLocation location, IImageSource source, IReadOnlyList<Digest> digests, CancellationToken cancel)
    {
        var (scope, requirements) = policy.Find(location);
        var results = new List<RequirementResult>();
        ImageFault? fault = null;
        IReadOnlyList<ImageSignature>? signatures = null;
        foreach (var requirement in requirements)
        {
            var (result, why) = requirement switch
            {
                PolicyRequirement.AcceptAnything => (new RequirementResult("insecureAcceptAnything", true, "anything", "an image"), (ImageFault?)null),
                PolicyRequirement.Reject => (new("reject", false, "no image at all", "an image"), ImageFault.PolicyRejected),
                PolicyRequirement.SigstoreSigned signed => await CheckAsync(
                    signed, location, signatures ??= await FindAsync(source, digests, cancel), digests, cancel),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            results.Add(result);
            fault ??= why;
        }

        return new(results.TrueForAll(result => result.Holds), scope, results, fault);
    }

    private static async Task<IReadOnlyList<ImageSignature>> FindAsync(IImageSource source, IReadOnlyList<Digest> digests, CancellationToken cancel)
    {
        if (source is not RegistryImage registry)
            return [];

        var found = new List<ImageSignature>();
        foreach (var digest in digests)
            found.AddRange(await CosignSignatures.FindAsync(registry, digest, cancel));
        return found;
    }

    private async Task<(RequirementResult Result, ImageFault? Fault)> CheckAsync(
        PolicyRequirement.SigstoreSigned requirement, ImageLocation location, IReadOnlyList<ImageSignature> signatures,
        IReadOnlyList<Digest> digests, CancellationToken cancel)
    {
        const string name = "sigstoreSigned";
        var keys = await KeysAsync(requirement, cancel);
        var expected = $"a signature of {digests[0]} by {string.Join(" or ", keys.Select(key => key.Fingerprint))}";
        if (location is not ImageLocation.Docker docker)
            return (new(name, false, expected, "a place that holds no signatures"), ImageFault.SignatureMissing);
        if (signatures.Count == 0)
            return (new(name, false, expected, "no signature"), ImageFault.SignatureMissing);

        // One good signature is enough; what else was pushed beside it must not turn it into a refusal.
        var reasons = new List<string>();
        foreach (var signature in signatures)
        {
            if (keys.FirstOrDefault(key => key.Verifies(signature.Payload, signature.Signature)) is not { } key)
            {
                reasons.Add("a signature by another key");
                continue;
            }

            var payload = SimpleSigningPayload.Parse(signature.Payload, signature.Where);
            if (!digests.Contains(payload.ManifestDigest))
                reasons.Add($"a signature of another image, {payload.ManifestDigest}");
            else if (requirement.Identity.Mismatch(docker.Image, payload.DockerReference) is { } wanted)
                reasons.Add($"a signature for the name {payload.DockerReference} where {wanted} is wanted");
            else
                return (new(name, true, expected, $"a signature by {key.Fingerprint} for {payload.DockerReference}"), null);
        }

        return (new(name, false, expected, string.Join("; ", reasons.Distinct())), ImageFault.SignatureInvalid);
    }

    private async Task<List<SignatureKey>> KeysAsync(PolicyRequirement.SigstoreSigned requirement, CancellationToken cancel)
    {
        var keys = new List<SignatureKey>();
        foreach (var text in requirement.KeyTexts)
            keys.Add(SignatureKey.Parse(text, "key data in the policy"));
        foreach (var path in requirement.KeyPaths)
            keys.Add(SignatureKey.Parse(await ReadKeyAsync(path, cancel), path));
        return keys;
    }

    private async Task<byte[]> ReadKeyAsync(string path, CancellationToken cancel)
    {
        try
        {
            if (path.StartsWith("kbs://", StringComparison.Ordinal))
            {
                if (resources is null)
                    throw new ImageException(ImageFault.KeyUnavailable, "no key broker is configured", path, "give the address of one, or a key file");
                using var secret = await resources.GetAsync(ResourceUri.Parse(path), cancel);
                return secret.Reveal().ToArray();
            }

            var file = path.StartsWith("file://", StringComparison.Ordinal) ? path["file://".Length..] : path;
            if (new FileInfo(file) is { Exists: true, Length: > LargestKey } large)
                throw new ImageException(ImageFault.PolicyInvalid, $"a key file of {large.Length} bytes", path, "give a public key in PEM");
            return await File.ReadAllBytesAsync(file, cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException and not ImageException)
        {
            // Files and key brokers fail in many ways; without the key there is no decision but no.
            throw new ImageException(ImageFault.KeyUnavailable, $"the key that the policy names cannot be had: {e.Message}", path,
                "check the path, and that it may be read", e);
        }
    }
}
