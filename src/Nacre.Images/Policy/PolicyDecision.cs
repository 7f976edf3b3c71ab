namespace Nacre.Images.Policy;

/// <summary>One signature that was tried for a requirement.</summary>
/// <param name="Where">Where it was found.</param>
/// <param name="Signer">The key or identity that it is by, or says it is by.</param>
/// <param name="SignedName">The name that it is for; null when it says none, or is not to be believed.</param>
/// <param name="Problem">Null when it is accepted; else why not.</param>
public sealed record SignatureAttempt(string Where, string Signer, string? SignedName, string? Problem)
{
    /// <summary>What is wrong with it all the same, where the policy only wants it reported.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>What came of one requirement.</summary>
/// <param name="Requirement">Its type, such as <c>sigstoreSigned</c>.</param>
/// <param name="Fault">Null when it is met.</param>
/// <param name="Expected">What would meet it.</param>
/// <param name="Found">What there is.</param>
public sealed record RequirementResult(string Requirement, ImageFault? Fault, string Expected, string Found)
{
    public bool Holds => Fault is null;

    /// <summary>All that were tried, up to the first that is good.</summary>
    public IReadOnlyList<SignatureAttempt> Signatures { get; init; } = [];
}

/// <summary>
/// The answer to "may this image be used", with its reasons: the scope of the policy that fits, and each requirement in it.
/// </summary>
public sealed record PolicyDecision(string Scope, IReadOnlyList<RequirementResult> Requirements)
{
    public bool Accepted => Requirements.Count > 0 && Requirements.All(requirement => requirement.Holds);

    /// <summary>Of the first requirement that is not met.</summary>
    public ImageFault? Fault => Requirements.FirstOrDefault(requirement => !requirement.Holds)?.Fault;

    public ImageException ToException(string where)
    {
        var failed = Requirements.FirstOrDefault(requirement => !requirement.Holds)
            ?? new("nothing", ImageFault.PolicyRejected, "at least one requirement", "none");
        return new(
            failed.Fault ?? ImageFault.PolicyRejected,
            $"the image policy refuses it: {failed.Requirement} under {Scope}: expected {failed.Expected}, found {failed.Found}",
            where,
            Fault == ImageFault.SignatureMissing ? "sign the image with the key that the policy names" : "use an image that the policy allows, or ask who keeps the policy");
    }
}
