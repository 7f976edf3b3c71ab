using System.Formats.Asn1;

namespace Nacre.Formats.X509;

/// <summary>The extensions of a certificate or a revocation list. Each may occur once (RFC 5280, section 4.2).</summary>
public sealed class CertificateExtensions
{
    public const string BasicConstraintsOid = "2.5.29.19";
    public const string KeyUsageOid = "2.5.29.15";
    public const string AuthorityKeyIdentifierOid = "2.5.29.35";
    public const string CrlNumberOid = "2.5.29.20";
    public const string CrlDistributionPointsOid = "2.5.29.31";
    private const int Max = 64;

    private readonly Dictionary<string, (bool Critical, byte[] Value)> _byOid = [];

    private CertificateExtensions()
    {
    }

    public static CertificateExtensions None { get; } = new();

    public IEnumerable<string> CriticalOids => _byOid.Where(entry => entry.Value.Critical).Select(entry => entry.Key);

    /// <summary>The content of the extension's OCTET STRING; null when the extension is absent.</summary>
    public byte[]? Find(string oid) => _byOid.TryGetValue(oid, out var found) ? found.Value : null;

    /// <summary>cA of BasicConstraints; false when absent.</summary>
    public bool IsAuthority { get; private set; }

    /// <summary>pathLenConstraint; null when absent.</summary>
    public int? PathLength { get; private set; }

    /// <summary>Whether KeyUsage is absent or allows to sign certificates.</summary>
    public bool MaySignCertificates { get; private set; } = true;

    /// <summary>Whether KeyUsage is absent or allows to sign revocation lists.</summary>
    public bool MaySignRevocationLists { get; private set; } = true;

    internal static CertificateExtensions Read(AsnReader list, string structure)
    {
        var extensions = new CertificateExtensions();
        while (list.HasData)
        {
            var extension = list.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag().TagValue == (int)UniversalTagNumber.Boolean && extension.ReadBoolean();
            var value = extension.ReadOctetString();
            extension.ThrowIfNotEmpty();

            if (extensions._byOid.Count == Max || !extensions._byOid.TryAdd(oid, (critical, value)))
                throw new MalformedDataException(structure, $"extension {oid}", 0, $"occurs twice, or there are more than {Max} extensions");
        }

        extensions.ReadBasicConstraints();
        extensions.ReadKeyUsage();
        return extensions;
    }

    private void ReadBasicConstraints()
    {
        if (Find(BasicConstraintsOid) is not { } value)
            return;

        var outer = new AsnReader(value, AsnEncodingRules.DER);
        var sequence = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        IsAuthority = sequence.HasData && sequence.PeekTag().TagValue == (int)UniversalTagNumber.Boolean && sequence.ReadBoolean();
        if (sequence.HasData)
        {
            PathLength = sequence.TryReadInt32(out var length) && length >= 0
                ? length
                : throw new MalformedDataException("x509.basicConstraints", "pathLenConstraint", 0, "is out of range");
        }

        sequence.ThrowIfNotEmpty();
    }

    private void ReadKeyUsage()
    {
        if (Find(KeyUsageOid) is not { } value)
            return;

        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var bits = reader.ReadBitString(out _);
        reader.ThrowIfNotEmpty();

        // RFC 5280, section 4.2.1.3: keyCertSign is bit 5, cRLSign bit 6, counted from the most significant.
        var first = bits.Length > 0 ? bits[0] : 0;
        MaySignCertificates = (first & 0x04) != 0;
        MaySignRevocationLists = (first & 0x02) != 0;
    }
}
