using Nacre.Evidence.Cca;

namespace Nacre.Verifiers.Cca;

public sealed record CcaOptions
{
    public CcaTrustAnchors TrustAnchors { get; init; } = CcaTrustAnchors.None;

    /// <summary>Accept platforms in a state other than <see cref="CcaLifecycle.Secured"/>: under test, under debug, or decommissioned.</summary>
    public bool AllowUnsecuredPlatform { get; init; }
}
