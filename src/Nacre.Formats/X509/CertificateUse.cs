using System.Formats.Asn1;
using System.Text;

namespace Nacre.Formats.X509;

/// <summary>What the end of a chain may be used for, and who it names: extensions that authorities do not need.</summary>
public sealed record CertificateUse
{
    public const string ExtendedKeyUsageOid = "2.5.29.37";
    public const string SubjectAlternativeNameOid = "2.5.29.17";
    public const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    private const string AuthorityInformationAccessOid = "1.3.6.1.5.5.7.1.1";
    private const string StatusResponder = "1.3.6.1.5.5.7.48.1";
    private const string Structure = "x509.extension";
    private const int MostNames = 64;
    private static readonly string[] s_understood =
        [CertificateExtensions.BasicConstraintsOid, CertificateExtensions.KeyUsageOid, ExtendedKeyUsageOid, SubjectAlternativeNameOid];

    private CertificateUse()
    {
    }

    /// <summary>rfc822Name, exactly as it stands there.</summary>
    public IReadOnlyList<string> Emails { get; private init; } = [];

    public IReadOnlyList<string> HostNames { get; private init; } = [];

    public IReadOnlyList<string> Uris { get; private init; } = [];

    /// <summary>The purposes of the extended key usage; empty when it is absent.</summary>
    public IReadOnlyList<string> Purposes { get; private init; } = [];

    /// <summary>Whether KeyUsage is absent or allows digital signatures.</summary>
    public bool MaySignData { get; private init; }

    /// <summary>Whether it names a server that says if it was revoked (OCSP, RFC 6960).</summary>
    public bool HasStatusResponder { get; private init; }

    /// <summary>A critical extension that is not understood here; null when there is none.</summary>
    public string? UnknownCritical { get; private init; }

    /// <exception cref="MalformedDataException">One of the extensions is no DER.</exception>
    public static CertificateUse Read(Certificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var extensions = certificate.Extensions;
        var names = Read(extensions, SubjectAlternativeNameOid, ReadNames) ?? [];
        return new()
        {
            Emails = [.. names.Where(name => name.Tag == 1).Select(name => name.Text)],
            HostNames = [.. names.Where(name => name.Tag == 2).Select(name => name.Text)],
            Uris = [.. names.Where(name => name.Tag == 6).Select(name => name.Text)],
            Purposes = Read(extensions, ExtendedKeyUsageOid, ReadPurposes) ?? [],

            // RFC 5280, section 4.2.1.3: digitalSignature is bit 0, counted from the most significant.
            MaySignData = Read(extensions, CertificateExtensions.KeyUsageOid, der => der.ReadBitString(out _)) is not { } bits
                || (bits.Length > 0 && (bits[0] & 0x80) != 0),
            HasStatusResponder = (Read(extensions, AuthorityInformationAccessOid, ReadMethods) ?? []).Contains(StatusResponder),
            UnknownCritical = extensions.CriticalOids.FirstOrDefault(oid => !s_understood.Contains(oid)),
        };
    }

    private static T? Read<T>(CertificateExtensions extensions, string oid, Func<AsnReader, T> read)
        where T : class
    {
        if (extensions.Find(oid) is not { } value)
            return null;

        return DerStructure.Read($"{Structure} {oid}", value, (der, _) =>
        {
            var result = read(der);
            der.ThrowIfNotEmpty();
            return result;
        });
    }

    private static List<(int Tag, string Text)> ReadNames(AsnReader der)
    {
        var names = new List<(int, string)>();
        var sequence = der.ReadSequence();
        while (sequence.HasData)
        {
            if (names.Count == MostNames)
                throw new MalformedDataException(Structure, "subjectAltName", 0, $"has more than {MostNames} names");

            var tag = sequence.PeekTag();
            var isText = tag.TagClass == TagClass.ContextSpecific && tag.TagValue is 1 or 2 or 6;
            names.Add(isText
                ? (tag.TagValue, sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag))
                : (-1, Encoding.ASCII.GetString(sequence.ReadEncodedValue().Span)));
        }

        return names;
    }

    private static List<string> ReadPurposes(AsnReader der)
    {
        var purposes = new List<string>();
        var sequence = der.ReadSequence();
        while (sequence.HasData)
            purposes.Add(sequence.ReadObjectIdentifier());
        return purposes;
    }

    // RFC 5280, section 4.2.2.1: how, and where.
    private static List<string> ReadMethods(AsnReader der)
    {
        var methods = new List<string>();
        var sequence = der.ReadSequence();
        while (sequence.HasData)
            methods.Add(sequence.ReadSequence().ReadObjectIdentifier());
        return methods;
    }
}
