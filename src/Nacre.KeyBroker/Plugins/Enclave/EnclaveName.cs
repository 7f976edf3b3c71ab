using Nacre.Attestation.Policies;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>Which secret of which application.</summary>
public sealed record EnclaveName(string Application, string Name)
{
    public string Path => $"{Application}/{Name}";

    /// <exception cref="KbsProblemException">400: it is no name.</exception>
    public static EnclaveName Of(KbsCall call)
    {
        var name = new EnclaveName(call["application"], call["name"]);
        return PolicyDocument.IsId(name.Application) && PolicyDocument.IsId(name.Name)
            ? name
            : throw KbsProblemException.InvalidPath(
                $"enclave/{name.Path}", "application and name must be 1 to 128 of a-z A-Z 0-9 - _ . and not begin with a dot");
    }

    public override string ToString() => Path;
}
