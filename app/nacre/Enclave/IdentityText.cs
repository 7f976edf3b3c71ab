using System.Globalization;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Enclave;

/// <summary>
/// An identity on the command line: <c>sgx:mrsigner=…,isvprodid=1,min_isvsvn=3</c>, or <c>tpm:/tpm/pcr08=…</c> where a name that begins
/// with a slash is the place of a claim.
/// </summary>
internal static class IdentityText
{
    private static readonly string[] s_numbers = ["isvprodid", "min_isvsvn", "min_svn"];

    public static JsonArray ParseAll(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)Parse(text))]);

    public static JsonObject Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
            throw Bad(text);

        var identity = new JsonObject { ["tee"] = text[..colon] };
        foreach (var pair in text[(colon + 1)..].Split(','))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw Bad(text);
            var (name, value) = (pair[..equals], pair[(equals + 1)..]);
            var members = name[0] == '/' ? Claims(identity) : identity;
            if (members.ContainsKey(name))
                throw new CommandException($"'{text}' has {name} twice");
            members[name] = Value(name, value);
        }

        return identity;
    }

    private static JsonObject Claims(JsonObject identity)
    {
        if (identity["claims"] is JsonObject claims)
            return claims;
        var made = new JsonObject();
        identity["claims"] = made;
        return made;
    }

    // Claims are compared with their type; text is the type of nearly all of them, and true, false and numbers are written as such.
    private static JsonNode Value(string name, string value) => value switch
    {
        "true" => true,
        "false" => false,
        _ when s_numbers.Contains(name) || name[0] == '/' && value.StartsWith('#') =>
            long.TryParse(value.TrimStart('#'), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number : throw new CommandException($"{name} must be a whole number, is '{value}'"),
        _ => value,
    };

    private static CommandException Bad(string text) => new(
        $"'{text}' is no identity",
        "it looks like sgx:mrsigner=HEX,isvprodid=1,min_isvsvn=3, or tpm:/tpm/pcr08=HEX; a claim that is a number: /snp/vmpl=#0");
}
