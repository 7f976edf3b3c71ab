using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Formats.Toml;

namespace Nacre.Evidence.Protocol;

/// <summary>
/// The document that the owner hands a guest at its start and whose digest the evidence commits to: version, algorithm, and a table of
/// files (trust.md 3.6, guest.md 1.5). The digest is over the exact bytes of the text.
/// </summary>
public sealed record InitData
{
    private const string PolicyFile = "policy.rego";
    private const string PolicyDataMarker = "policy_data := {";

    private InitData(string text, string algorithm, byte[] digest, JsonObject files) =>
        (Text, Algorithm, Digest, Files) = (text, algorithm, digest, files);

    public string Text { get; }

    /// <summary>One of <see cref="HashNames"/>.</summary>
    public string Algorithm { get; }

    public byte[] Digest { get; }

    /// <summary>The table <c>[data]</c>: text by file name.</summary>
    public JsonObject Files { get; }

    /// <exception cref="MalformedDataException">The text is not such a document.</exception>
    public static InitData Parse(string text)
    {
        var document = TomlDocument.Parse(text, "init-data");
        var version = RequireText(document, "version");
        if (version != "0.1.0")
            throw new MalformedDataException("init-data", "version", 0, $"'{version}' is not 0.1.0");

        var algorithm = RequireText(document, "algorithm");
        var digest = HashNames.TryHash(algorithm, Encoding.UTF8.GetBytes(text))
            ?? throw new MalformedDataException("init-data", "algorithm", 0, $"'{algorithm}' is not one of {string.Join(", ", HashNames.All)}");
        var files = document["data"] as JsonObject ?? throw new MalformedDataException("init-data", "data", 0, "must be a table");
        foreach (var (name, value) in files)
        {
            if (value is not JsonValue file || file.GetValueKind() != JsonValueKind.String)
                throw new MalformedDataException("init-data", $"data.{name}", 0, "must be a string");
        }

        return new InitData(text, algorithm, digest, files);
    }

    /// <summary>The files as claims: configuration that is TOML, and the data of an agent policy, become objects.</summary>
    public JsonObject Claims()
    {
        var claims = (JsonObject)Files.DeepClone();
        foreach (var name in (ReadOnlySpan<string>)["aa.toml", "cdh.toml"])
        {
            if (claims[name] is { } text && TryToml((string)text!) is { } table)
                claims[name] = table;
        }

        if (claims[PolicyFile] is { } policy && TryPolicyData((string)policy!) is { } data)
        {
            claims.Remove(PolicyFile);
            claims["agent_policy_claims"] = data;
        }

        return claims;
    }

    private static JsonObject? TryToml(string text)
    {
        try
        {
            return TomlDocument.Parse(text);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static JsonObject? TryPolicyData(string policy)
    {
        var at = policy.IndexOf(PolicyDataMarker, StringComparison.Ordinal);
        if (at < 0)
            return null;

        try
        {
            var json = Encoding.UTF8.GetBytes(policy[(at + PolicyDataMarker.Length - 1)..]);
            using var document = StrictJson.Parse(json, "policy_data", KbsProtocol.MaxMessageBytes);
            return JsonObject.Create(document.RootElement.Clone());
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static string RequireText(JsonObject document, string name) =>
        document[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text : throw new MalformedDataException("init-data", name, 0, "must be a string");
}
