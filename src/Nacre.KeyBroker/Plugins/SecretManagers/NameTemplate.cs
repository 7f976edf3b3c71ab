using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <summary>
/// What a resource is called in a secret manager. By default the whole path, so that no two resources are one secret;
/// <c>name_template</c> of <c>{repository}</c>, <c>{type}</c> and <c>{tag}</c> gives other names, <c>{tag}</c> those of upstream
/// (trust.md 2.3).
/// </summary>
internal sealed class NameTemplate
{
    public const string Key = "name_template";

    private static readonly string[] s_placeholders = ["{repository}", "{type}", "{tag}"];

    private readonly string? _template;
    private readonly Func<ResourceUri, string> _byDefault;

    private NameTemplate(string? template, Func<ResourceUri, string> byDefault) => (_template, _byDefault) = (template, byDefault);

    /// <exception cref="Nacre.Formats.MalformedDataException">It has other placeholders, or characters that no name has.</exception>
    public static NameTemplate Read(JsonFields fields, Func<ResourceUri, string> byDefault)
    {
        var template = fields.FindText(Key, 256);
        if (template is not null)
        {
            var rest = s_placeholders.Aggregate(template, (text, placeholder) => text.Replace(placeholder, "", StringComparison.Ordinal));
            if (template.Length == 0 || !rest.All(c => char.IsAsciiLetterOrDigit(c) || "-_./+=@".Contains(c, StringComparison.Ordinal))
                || template.Split('/').Any(part => part is "" or "." or ".."))
            {
                throw fields.Malformed(
                    Key, $"must be names of a-z A-Z 0-9 - _ . + = @ and {string.Join(", ", s_placeholders)} with slashes between");
            }
        }

        return new NameTemplate(template, byDefault);
    }

    /// <summary>The path as it is, for secret managers that take slashes.</summary>
    public static string WholePath(ResourceUri uri) => uri.Path;

    /// <summary>
    /// The path for secret managers that take no slashes: two <paramref name="mark"/>s between the parts; the mark itself, and what
    /// <paramref name="isPlain"/> does not allow, as one mark and two hexadecimal digits. Different paths have different names.
    /// </summary>
    public static string Escaped(ResourceUri uri, char mark, Func<char, bool> isPlain)
    {
        var name = new StringBuilder();
        foreach (var c in uri.Path)
        {
            if (c == '/')
                name.Append(mark).Append(mark);
            else if (c != mark && isPlain(c))
                name.Append(c);
            else
                name.Append(mark).Append($"{(int)c:x2}");
        }

        return name.ToString();
    }

    public string NameOf(ResourceUri uri) => _template is null ? _byDefault(uri)
        : _template.Replace("{repository}", uri.Repository, StringComparison.Ordinal)
            .Replace("{type}", uri.Type, StringComparison.Ordinal).Replace("{tag}", uri.Tag, StringComparison.Ordinal);
}
