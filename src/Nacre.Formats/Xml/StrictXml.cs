using System.Xml;

namespace Nacre.Formats.Xml;

/// <summary>
/// XML from outside: no DTD and with it no entities of its own, nothing fetched, bounded in size and depth; no comments, processing
/// instructions or CDATA, because what a signature leaves out or rewrites must not be there to be misread.
/// </summary>
public static class StrictXml
{
    private const int MaxDepth = 32;

    /// <exception cref="MalformedDataException">The text breaks one of the rules above.</exception>
    public static XmlDocument Parse(ReadOnlySpan<byte> utf8, string structure, int maxBytes)
    {
        if (utf8.Length > maxBytes)
            throw new MalformedDataException(
                structure, "(document)", maxBytes, $"is {utf8.Length} bytes long, at most {maxBytes} are allowed");

        try
        {
            RequireShape(utf8.ToArray(), structure);
            var document = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
            using var reader = Open(utf8.ToArray());
            document.Load(reader);
            return document;
        }
        catch (XmlException error)
        {
            throw new MalformedDataException(structure, "(document)", 0, $"is not XML (line {error.LineNumber}): {error.Message}", error);
        }
    }

    private static void RequireShape(byte[] utf8, string structure)
    {
        using var reader = Open(utf8);
        while (reader.Read())
        {
            if (reader.Depth > MaxDepth)
                throw new MalformedDataException(structure, reader.LocalName, 0, $"is deeper than {MaxDepth} elements");

            if (reader.NodeType
                is XmlNodeType.Comment or XmlNodeType.ProcessingInstruction or XmlNodeType.CDATA or XmlNodeType.EntityReference)
                throw new MalformedDataException(structure, reader.NodeType.ToString(), 0, "must not occur");
        }
    }

    private static XmlReader Open(byte[] utf8) => XmlReader.Create(
        new MemoryStream(utf8), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CloseInput = true });
}
