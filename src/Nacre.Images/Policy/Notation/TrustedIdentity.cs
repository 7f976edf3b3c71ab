using System.Text;
using Nacre.Formats.X509;

namespace Nacre.Images.Policy.Notation;

/// <summary>
/// <c>x509.subject: C=…, ST=…, O=…</c>: a signer whose certificate has at least these attributes, each exactly and once
/// (trust-store-trust-policy.md, "Trusted Identities Constraints").
/// </summary>
internal sealed class TrustedIdentity
{
    private const string Prefix = "x509.subject:";
    private const string Escapable = ",;\\ +\"<>=#";
    private static readonly (string Name, string Oid)[] s_types =
    [
        ("C", "2.5.4.6"), ("ST", "2.5.4.8"), ("L", "2.5.4.7"), ("O", "2.5.4.10"), ("OU", "2.5.4.11"), ("CN", "2.5.4.3"),
        ("STREET", "2.5.4.9"), ("SERIALNUMBER", "2.5.4.5"), ("POSTALCODE", "2.5.4.17"),
    ];

    private readonly string _text;
    private readonly Dictionary<string, string> _attributes;

    private TrustedIdentity(string text, Dictionary<string, string> attributes) => (_text, _attributes) = (text, attributes);

    /// <exception cref="ImageException">It is no such identity.</exception>
    public static TrustedIdentity Parse(string text, string where)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            throw Invalid(text, $"must begin with '{Prefix}', or be '*' alone", where);

        var attributes = new Dictionary<string, string>();
        foreach (var part in Split(text, where))
        {
            var type = Array.Find(s_types, type => type.Name == (part.Name == "S" ? "ST" : part.Name));
            if (type.Oid is null)
            {
                throw Invalid(
                    text, $"has the attribute '{part.Name}', known are {string.Join(", ", s_types.Select(known => known.Name))}", where);
            }

            if (part.Value.Length == 0 || !attributes.TryAdd(type.Oid, part.Value))
                throw Invalid(text, $"has '{part.Name}' twice or without a value", where);
        }

        return Array.Find(s_types, type => type.Name is "C" or "ST" or "O" && !attributes.ContainsKey(type.Oid)) is { Name: { } missing }
            ? throw Invalid(text, $"has no {missing}; C, ST and O must be there", where)
            : new(text, attributes);
    }

    public bool Matches(DistinguishedName subject) => _attributes.All(wanted =>
        subject.Attributes.Where(attribute => attribute.Oid == wanted.Key).ToList() is [var only] && only.Value == wanted.Value);

    /// <summary>Whether whoever is <paramref name="other"/> is this too.</summary>
    public bool Covers(TrustedIdentity other) => _attributes.All(pair => other._attributes.TryGetValue(pair.Key, out var value) && value == pair.Value);

    public override string ToString() => _text;

    /// <summary>The whole name as these texts have it, for messages.</summary>
    public static string Describe(DistinguishedName subject) => string.Join(", ", subject.Attributes.Select(attribute =>
        $"{(Array.Find(s_types, type => type.Oid == attribute.Oid) is { Name: { } name } ? name : attribute.Oid)}={attribute.Value}"));

    private static List<(string Name, string Value)> Split(string text, string where)
    {
        var parts = new List<(string, string)>();
        var (at, name, part) = (Prefix.Length, (string?)null, new StringBuilder());

        // Blanks around a value do not count unless they are escaped; this is the length up to the last that does.
        var kept = 0;
        for (; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\\' when at + 1 < text.Length && Escapable.Contains(text[at + 1]):
                    part.Append(text[++at]);
                    kept = part.Length;
                    break;
                case '\\' or ';' or '+':
                    throw Invalid(text, $"has '{text[at]}', which must be escaped as '\\{text[at]}'", where);
                case '=' when name is null:
                    name = part.ToString().TrimEnd();
                    (kept, _) = (0, part.Clear());
                    break;
                case ',':
                    Add();
                    break;
                case ' ' when part.Length == 0:
                    break;
                default:
                    part.Append(text[at]);
                    kept = text[at] == ' ' ? kept : part.Length;
                    break;
            }
        }

        Add();
        return parts;

        void Add()
        {
            parts.Add((name ?? throw Invalid(text, "has a part without '='", where), part.ToString(0, kept)));
            (name, kept, _) = (null, 0, part.Clear());
        }
    }

    private static ImageException Invalid(string text, string what, string where) =>
        NotationTrustPolicy.Invalid($"the trusted identity '{text}' {what}", where);
}
