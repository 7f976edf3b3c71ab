using System.Formats.Asn1;

namespace Nacre.Formats.X509;

/// <summary>A name, kept as received. Two names are equal when their bytes are: never by parts of their text.</summary>
public sealed class DistinguishedName : IEquatable<DistinguishedName>
{
    private const string CommonNameOid = "2.5.4.3";
    private const int MaxAttributes = 32;

    private DistinguishedName(ReadOnlyMemory<byte> raw, IReadOnlyList<(string Oid, string Value)> attributes)
    {
        (Raw, Attributes) = (raw, attributes);
        var names = attributes.Where(attribute => attribute.Oid == CommonNameOid).Take(2).ToArray();
        CommonName = names.Length == 1 ? names[0].Value : null;
    }

    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>Attribute types (dotted) and their text, in order.</summary>
    public IReadOnlyList<(string Oid, string Value)> Attributes { get; }

    /// <summary>The common name; null when there is none or more than one.</summary>
    public string? CommonName { get; }

    internal static DistinguishedName Parse(ReadOnlyMemory<byte> raw)
    {
        var attributes = new List<(string, string)>();
        var sequence = new AsnReader(raw, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var set = sequence.ReadSetOf();
            while (set.HasData)
            {
                if (attributes.Count == MaxAttributes)
                    throw new MalformedDataException("x509.name", "(attributes)", 0, $"has more than {MaxAttributes}");

                var attribute = set.ReadSequence();
                attributes.Add((attribute.ReadObjectIdentifier(), Text(attribute)));
                attribute.ThrowIfNotEmpty();
            }
        }

        return new(raw, attributes);
    }

    public bool Equals(DistinguishedName? other) => other is not null && Raw.Span.SequenceEqual(other.Raw.Span);

    public override bool Equals(object? obj) => Equals(obj as DistinguishedName);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Raw.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => CommonName ?? string.Join(", ", Attributes.Select(attribute => $"{attribute.Oid}={attribute.Value}"));

    private static string Text(AsnReader attribute)
    {
        var tag = attribute.PeekTag();
        if (tag.TagClass == TagClass.Universal)
        {
            switch ((UniversalTagNumber)tag.TagValue)
            {
                case UniversalTagNumber.UTF8String:
                case UniversalTagNumber.PrintableString:
                case UniversalTagNumber.IA5String:
                case UniversalTagNumber.T61String:
                case UniversalTagNumber.BMPString:
                    return attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue);
            }
        }

        return Convert.ToHexStringLower(attribute.ReadEncodedValue().Span);
    }
}
