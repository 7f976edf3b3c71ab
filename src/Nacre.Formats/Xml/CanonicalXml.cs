using System.Text;
using System.Xml;

namespace Nacre.Formats.Xml;

/// <summary>
/// Canonical XML without comments (W3C, Canonical XML 1.1 and Exclusive XML Canonicalization 1.0), of an element with everything in it.
/// Attributes of the <c>xml:</c> prefix, which an element of a subset would inherit, are refused; without them versions 1.0 and 1.1 write
/// the same.
/// </summary>
public static class CanonicalXml
{
    private const string Declarations = "http://www.w3.org/2000/xmlns/";
    private const string XmlPrefix = "http://www.w3.org/XML/1998/namespace";

    /// <param name="apex">What to write.</param>
    /// <param name="without">An element below it to leave out; null for none.</param>
    /// <param name="exclusive">Write a namespace only where an element or attribute uses its prefix (exclusive, without a list of others).</param>
    /// <exception cref="MalformedDataException">There is an attribute of <c>xml:</c>, or a node that <see cref="StrictXml"/>
    /// refuses.</exception>
    public static byte[] Write(XmlElement apex, XmlElement? without = null, bool exclusive = false)
    {
        ArgumentNullException.ThrowIfNull(apex);
        var output = new StringBuilder();
        WriteElement(output, apex, without, exclusive, []);
        return Encoding.UTF8.GetBytes(output.ToString());
    }

    private static void WriteElement(
        StringBuilder output, XmlElement element, XmlElement? without, bool exclusive, Dictionary<string, string> written)
    {
        output.Append('<').Append(element.Name);
        var scope = WriteNamespaces(output, element, exclusive, written);
        WriteAttributes(output, element);
        output.Append('>');
        foreach (XmlNode child in element.ChildNodes)
        {
            if (child == without)
                continue;

            if (child is XmlElement inner)
                WriteElement(output, inner, without, exclusive, scope);
            else if (child is XmlText or XmlWhitespace or XmlSignificantWhitespace)
                WriteEscaped(output, child.Value!, ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#xD;"));
            else
                throw new MalformedDataException("xml", element.Name, 0, $"holds a node of kind {child.NodeType}");
        }

        output.Append("</").Append(element.Name).Append('>');
    }

    // Section 2.3, namespace axis: a declaration is written where the nearest element that was written does not make the same one.
    private static Dictionary<string, string> WriteNamespaces(
        StringBuilder output, XmlElement element, bool exclusive, Dictionary<string, string> written)
    {
        var scope = new Dictionary<string, string>(written);
        foreach (var (prefix, name) in InScope(element).OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            if (exclusive && !Uses(element, prefix))
                continue;

            // An empty default namespace is only written to undo another.
            if (scope.TryGetValue(prefix, out var above) ? above == name : name.Length == 0)
                continue;

            output.Append(prefix.Length == 0 ? " xmlns" : " xmlns:" + prefix).Append("=\"");
            WriteEscapedValue(output, name);
            output.Append('"');
            scope[prefix] = name;
        }

        return scope;
    }

    // Visibly utilized, as the exclusive form calls it (section 3): an attribute without a prefix is in no namespace.
    private static bool Uses(XmlElement element, string prefix) => element.Prefix == prefix
        || prefix.Length > 0
        && element.Attributes.Cast<XmlAttribute>().Any(one => one.NamespaceURI != Declarations && one.Prefix == prefix);

    private static Dictionary<string, string> InScope(XmlElement element)
    {
        var scope = new Dictionary<string, string>();
        for (var at = element; at is not null; at = at.ParentNode as XmlElement)
        {
            foreach (XmlAttribute attribute in at.Attributes)
            {
                if (attribute.NamespaceURI == Declarations)
                    scope.TryAdd(attribute.Prefix.Length == 0 ? "" : attribute.LocalName, attribute.Value);
            }
        }

        return scope;
    }

    private static void WriteAttributes(StringBuilder output, XmlElement element)
    {
        var attributes = element.Attributes.Cast<XmlAttribute>().Where(one => one.NamespaceURI != Declarations)
            .OrderBy(one => one.NamespaceURI, StringComparer.Ordinal).ThenBy(one => one.LocalName, StringComparer.Ordinal);
        foreach (var attribute in attributes)
        {
            if (attribute.NamespaceURI == XmlPrefix)
                throw new MalformedDataException("xml", attribute.Name, 0, "is not accepted in signed XML");

            output.Append(' ').Append(attribute.Name).Append("=\"");
            WriteEscapedValue(output, attribute.Value);
            output.Append('"');
        }
    }

    private static void WriteEscapedValue(StringBuilder output, string value) => WriteEscaped(
        output, value, ("&", "&amp;"), ("<", "&lt;"), ("\"", "&quot;"), ("\t", "&#x9;"), ("\n", "&#xA;"), ("\r", "&#xD;"));

    private static void WriteEscaped(StringBuilder output, string text, params ReadOnlySpan<(string Plain, string Escaped)> escapes)
    {
        var start = output.Length;
        output.Append(text);
        foreach (var (plain, escaped) in escapes)
            output.Replace(plain, escaped, start, output.Length - start);
    }
}
