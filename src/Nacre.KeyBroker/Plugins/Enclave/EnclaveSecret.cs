using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>A secret with its versions, the newest last.</summary>
/// <param name="Name">Which.</param>
/// <param name="Specification">What it is and who gets it.</param>
/// <param name="Created">When the first version was made.</param>
/// <param name="Author">Who had it made.</param>
/// <param name="Versions">Never empty.</param>
public sealed record EnclaveSecret(
    EnclaveName Name, EnclaveSpecification Specification, DateTimeOffset Created, string Author, IReadOnlyList<EnclaveVersion> Versions)
    : IDisposable
{
    public EnclaveVersion Current => Versions[^1];

    /// <summary>Null when a program with these claims gets it now; else why not.</summary>
    /// <param name="device">Claims of the primary device as the token has them; null when there is none.</param>
    /// <param name="now">The time.</param>
    public string? FindProblem(JsonObject? device, DateTimeOffset now)
    {
        if (Specification.Kind == EnclaveSpecification.Authority)
            return "the key of an authority is given to nobody";
        if (Specification.Expires <= now)
            return $"it expired at {EnclaveSpecification.Text(Specification.Expires.Value)}";
        if (device is null)
            return "the token has no claims of the primary device";

        var problems = Specification.Identities.Select(identity => identity.FindProblem(device)).ToList();
        return problems.Contains(null) ? null : string.Join("; or ", problems.Distinct());
    }

    /// <summary>Everything but what is secret.</summary>
    public JsonObject Describe() => new()
    {
        ["name"] = Name.Path,
        ["specification"] = Specification.ToJson(),
        ["created"] = EnclaveSpecification.Text(Created),
        ["author"] = Author,
        ["versions"] = new JsonArray([.. Versions.Select(one => (JsonNode)one.Describe())]),
    };

    public void Dispose()
    {
        foreach (var version in Versions)
            version.Dispose();
    }
}

/// <param name="Number">From 1; never used twice.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Private">What attested programs get: raw bytes of an AES key or of data; else PEM, the key before its certificates.</param>
/// <param name="Public">Key or certificates in PEM; null for what has no public part.</param>
public sealed record EnclaveVersion(int Number, DateTimeOffset Created, SecretBytes Private, string? Public) : IDisposable
{
    public JsonObject Describe()
    {
        var json = new JsonObject { ["version"] = Number, ["created"] = EnclaveSpecification.Text(Created) };
        if (Public is not null)
            json["public"] = Public;
        return json;
    }

    /// <summary>Certificate and key of an authority.</summary>
    internal string PrivatePem() => Encoding.ASCII.GetString(Private.Reveal());

    public void Dispose() => Private.Dispose();
}
