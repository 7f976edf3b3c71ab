using Nacre.Images.References;
using Nacre.Images.Registry;

namespace Nacre.Images.Policy;

/// <summary>An image in a registry that signatures are looked for.</summary>
/// <param name="Name">As the user gave it.</param>
/// <param name="Registry">Where it was fetched from.</param>
/// <param name="Digests">Of the manifest that will run and, when there is one, of the index that names it: a signature of either is good.</param>
internal sealed record ImageInQuestion(ImageReference Name, RegistryImage Registry, IReadOnlyList<Digest> Digests)
{
    /// <summary>Null when a signature for this digest and name is one for this image; else why not.</summary>
    public string? FindProblem(Digest signed, string? signedName, SignedIdentity identity)
    {
        if (!Digests.Contains(signed))
            return $"a signature of another image, {signed}";
        return identity.Mismatch(Name, signedName) is { } wanted ? $"a signature for {(signedName is null ? "no name" : $"the name {signedName}")} where {wanted} is wanted" : null;
    }
}
