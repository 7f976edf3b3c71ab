using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>
/// Text with claims in it: <c>{/a/b}</c> is a JSON pointer (RFC 6901) into the token, <c>{a/b}</c> one into the evidence of the primary
/// TEE. A claim fills one segment: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, so that no guest can add parts to a name.
/// </summary>
internal sealed class ClaimTemplate
{
    private const string Evidence = "/submods/cpu0/ear.veraison.annotated-evidence/";
    private const int MostCharacters = 128; // Of one claim.

    private readonly string _text;
    private readonly List<(string Literal, string? Pointer)> _parts = [];

    private ClaimTemplate(string text) => _text = text;

    /// <exception cref="FormatException">A brace has no partner, or there is no pointer between two.</exception>
    public static ClaimTemplate Parse(string text)
    {
        var template = new ClaimTemplate(text);
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            var literal = open < 0 ? text[at..] : text[at..open];
            if (literal.Contains('}', StringComparison.Ordinal))
                throw new FormatException($"'{text}' has a brace that closes nothing");
            if (open < 0)
            {
                template._parts.Add((literal, null));
                break;
            }

            var close = text.IndexOf('}', open);
            if (close <= open + 1)
                throw new FormatException($"'{text}' has a brace without a claim in it");
            var name = text[(open + 1)..close];
            template._parts.Add((literal, name.StartsWith('/') ? name : Evidence + name));
            at = close + 1;
        }

        return template;
    }

    /// <exception cref="ClaimRefusedException">The guest has no such claim, or one that is no part of a name.</exception>
    public string Fill(JsonObject claims)
    {
        var filled = new StringBuilder();
        foreach (var (literal, pointer) in _parts)
        {
            filled.Append(literal);
            if (pointer is not null)
                filled.Append(Segment(claims, pointer));
        }

        return filled.ToString();
    }

    private string Segment(JsonObject claims, string pointer)
    {
        JsonNode? node = claims;
        foreach (var token in pointer[1..].Split('/'))
        {
            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node switch
            {
                JsonObject table => table[name],
                JsonArray list when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                    && index < list.Count => list[index],
                _ => null,
            };
        }

        var text = node?.GetValueKind() switch
        {
            JsonValueKind.String => (string)node!,
            JsonValueKind.Number => node.ToJsonString(),
            _ => null,
        };
        return text is { Length: > 0 and <= MostCharacters } && text is not ("." or "..") && text.All(IsAllowed)
            ? text
            : throw new ClaimRefusedException($"the claim {pointer} is missing or no part of a name, which '{_text}' needs");
    }

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
