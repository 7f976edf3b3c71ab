using Nacre.Images.Policy.Notation;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;

namespace Nacre.Images.Policy;

/// <summary>
/// Decides about one image. The name is the one the user gave, never a mirror's; the digests are those of what was really fetched, so a
/// tag that moves in between changes nothing.
/// </summary>
public sealed class PolicyEvaluator(ImagePolicy policy, IResourceSource? resources, SignatureOptions? options = null)
{
    private readonly SignatureOptions _options = options ?? new();

    /// <param name="location">As the user gave it.</param>
    /// <param name="source">Where signatures are looked for; only registries hold them.</param>
    /// <param name="digests">Of the manifest that will run and, when there is one, of the index that names it: a signature of either is good.</param>
    /// <param name="cancel">Ends the search.</param>
    public async Task<PolicyDecision> EvaluateAsync(
        ImageLocation location, IImageSource source, IReadOnlyList<Digest> digests, CancellationToken cancel)
    {
        var (scope, requirements) = policy.Find(location);
        var image = location is ImageLocation.Docker docker && source is RegistryImage registry ? new ImageInQuestion(docker.Image, registry, digests) : null;
        var sigstore = new SigstoreCheck(new(resources), _options);
        var signedBy = new SignedByCheck(new(resources), _options);
        var results = new List<RequirementResult>();
        foreach (var requirement in requirements)
        {
            results.Add(requirement switch
            {
                PolicyRequirement.AcceptAnything => new(requirement.Type, Fault: null, "anything", "an image"),
                PolicyRequirement.Reject => new(requirement.Type, ImageFault.PolicyRejected, "no image at all", "an image"),
                _ when image is null => new(
                    requirement.Type, ImageFault.SignatureMissing, $"a signature of {digests[0]}", "a place that holds no signatures"),
                PolicyRequirement.SignedBy gpg => await signedBy.CheckAsync(gpg, image, cancel),
                PolicyRequirement.SigstoreSigned signed => await sigstore.CheckAsync(signed, image, cancel),
                _ => throw new System.Diagnostics.UnreachableException(),
            });
        }

        if (_options.Notation is { } notation)
        {
            results.Add(image is null
                ? new("notation", ImageFault.SignatureMissing, $"a signature of {digests[0]}", "a place that holds no signatures")
                : await new NotationCheck(notation, _options.Clock).CheckAsync(image, cancel));
        }

        return new(scope, results);
    }

    /// <summary>One good signature is enough; what else was pushed beside it must not turn it into a refusal.</summary>
    internal static RequirementResult Conclude(string requirement, string expected, IReadOnlyList<SignatureAttempt> attempts)
    {
        if (attempts.Count == 0)
            return new(requirement, ImageFault.SignatureMissing, expected, "no signature");

        var good = attempts.FirstOrDefault(attempt => attempt.Problem is null);
        var found = good is null
            ? string.Join("; ", attempts.Select(attempt => attempt.Problem).Distinct())
            : $"a signature by {good.Signer}{(good.SignedName is null ? "" : $" for {good.SignedName}")}";
        return new(requirement, good is null ? ImageFault.SignatureInvalid : null, expected, found) { Signatures = attempts };
    }
}
