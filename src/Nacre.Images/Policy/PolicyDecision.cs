namespace Nacre.Images.Policy;

/// <summary>What came of one requirement.</summary>
/// <param name="Requirement">Its type, such as <c>sigstoreSigned</c>.</param>
/// <param name="Holds">Whether it is met.</param>
/// <param name="Expected">What would meet it.</param>
/// <param name="Found">What there is.</param>
public sealed record RequirementResult(string Requirement, bool Holds, string Expected, string Found);

/// <summary>
/// The answer to "may this image be used", with its reasons: the scope of the policy that fits, and each requirement in it.
/// </summary>
public sealed record PolicyDecision(bool Accepted, string Scope, IReadOnlyList<RequirementResult> Requirements, ImageFault? Fault)
{
    public ImageException ToException(string where)
    {
        var failed = Requirements.First(requirement => !requirement.Holds);
        return new(
            Fault ?? ImageFault.PolicyRejected,
            $"the image policy refuses it: {failed.Requirement} under {Scope}: expected {failed.Expected}, found {failed.Found}",
            where,
            Fault == ImageFault.SignatureMissing ? "sign the image with the key that the policy names" : "use an image that the policy allows, or ask who keeps the policy");
    }
}
