using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Rego.Builtins;

/// <summary>Certificates and requests as objects, with the member names of Go's crypto/x509.</summary>
internal static class CertificateValue
{
    private static readonly Dictionary<string, string> s_attributes = new()
    {
        ["2.5.4.6"] = "Country",
        ["2.5.4.10"] = "Organization",
        ["2.5.4.11"] = "OrganizationalUnit",
        ["2.5.4.7"] = "Locality",
        ["2.5.4.8"] = "Province",
        ["2.5.4.9"] = "StreetAddress",
        ["2.5.4.17"] = "PostalCode",
    };

    public static RegoObject From(X509Certificate2 certificate)
    {
        var basic = certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault();
        var usage = certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault();
        var members = new Dictionary<string, RegoValue>
        {
            ["Raw"] = Base64(certificate.RawData),
            ["RawSubject"] = Base64(certificate.SubjectName.RawData),
            ["RawIssuer"] = Base64(certificate.IssuerName.RawData),
            ["RawSubjectPublicKeyInfo"] = Base64(certificate.PublicKey.ExportSubjectPublicKeyInfo()),
            ["Subject"] = Name(certificate.SubjectName),
            ["Issuer"] = Name(certificate.IssuerName),
            ["SerialNumber"] = RegoNumber.From(new BigInteger(certificate.SerialNumberBytes.Span, isUnsigned: true, isBigEndian: true)),
            ["Version"] = RegoNumber.From((long)certificate.Version),
            ["NotBefore"] = Time(certificate.NotBefore),
            ["NotAfter"] = Time(certificate.NotAfter),
            ["IsCA"] = RegoBool.From(basic?.CertificateAuthority ?? false),
            ["BasicConstraintsValid"] = RegoBool.From(basic is not null),
            ["MaxPathLen"] = RegoNumber.From(basic is { HasPathLengthConstraint: true } ? (long)basic.PathLengthConstraint : -1),
            ["KeyUsage"] = RegoNumber.From(Usage(usage)),
            ["PublicKeyAlgorithm"] = RegoNumber.From((long)(certificate.PublicKey.Oid.Value switch { "1.2.840.113549.1.1.1" => 1, "1.2.840.10045.2.1" => 3, "1.3.101.112" => 4, _ => 0 })),
        };
        AddAlternativeNames(members, certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault());
        return RegoObject.From(members);
    }

    public static RegoObject FromRequest(CertificateRequest request, byte[] raw)
    {
        var members = new Dictionary<string, RegoValue>
        {
            ["Raw"] = Base64(raw),
            ["RawSubject"] = Base64(request.SubjectName.RawData),
            ["Subject"] = Name(request.SubjectName),
            ["Version"] = RegoNumber.Zero,
        };
        AddAlternativeNames(members, request.CertificateExtensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault());
        return RegoObject.From(members);
    }

    private static RegoObject Name(X500DistinguishedName name)
    {
        var values = new Dictionary<string, List<RegoValue>>();
        var all = new List<RegoValue>();
        var (common, serial) = ("", "");
        foreach (var part in name.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements)
                continue;
            var (oid, value) = (part.GetSingleElementType().Value ?? "", part.GetSingleElementValue() ?? "");
            all.Add(RegoObject.From(new Dictionary<string, RegoValue>
            {
                ["Type"] = RegoArray.From(oid.Split('.').Select(arc => RegoNumber.FromText(arc))),
                ["Value"] = new RegoString(value),
            }));
            if (oid == "2.5.4.3")
                common = value;
            else if (oid == "2.5.4.5")
                serial = value;
            else if (s_attributes.TryGetValue(oid, out var attribute))
            {
                if (!values.TryGetValue(attribute, out var list))
                    values.Add(attribute, list = []);
                list.Add(new RegoString(value));
            }
        }

        var members = s_attributes.Values.ToDictionary(attribute => attribute, attribute => values.TryGetValue(attribute, out var list) ? RegoArray.From(list) : (RegoValue)RegoNull.Value);
        members["CommonName"] = new RegoString(common);
        members["SerialNumber"] = new RegoString(serial);
        members["Names"] = all.Count == 0 ? RegoNull.Value : RegoArray.From(all);
        members["ExtraNames"] = RegoNull.Value;
        return RegoObject.From(members);
    }

    private static void AddAlternativeNames(Dictionary<string, RegoValue> members, X509SubjectAlternativeNameExtension? names)
    {
        // RFC 5280, section 4.2.1.6; the framework reads only two kinds of names.
        var (dns, mails, uris, addresses) = (new List<string>(), new List<string>(), new List<string>(), new List<string>());
        if (names is not null)
        {
            var sequence = new AsnReader(names.RawData, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                switch (tag.TagValue)
                {
                    case 1:
                        mails.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                        break;
                    case 2:
                        dns.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                        break;
                    case 6:
                        uris.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                        break;
                    case 7:
                        addresses.Add(new System.Net.IPAddress(sequence.ReadOctetString(tag)).ToString());
                        break;
                    default:
                        sequence.ReadEncodedValue();
                        break;
                }
            }
        }

        members["DNSNames"] = Texts(dns);
        members["EmailAddresses"] = Texts(mails);
        members["URIStrings"] = Texts(uris);
        members["IPAddresses"] = Texts(addresses);
    }

    // Bits of RFC 5280, section 4.2.1.3, the first one lowest.
    private static long Usage(X509KeyUsageExtension? usage)
    {
        if (usage is null)
            return 0;

        var flags = usage.KeyUsages;
        X509KeyUsageFlags[] order =
        [
            X509KeyUsageFlags.DigitalSignature, X509KeyUsageFlags.NonRepudiation, X509KeyUsageFlags.KeyEncipherment, X509KeyUsageFlags.DataEncipherment,
            X509KeyUsageFlags.KeyAgreement, X509KeyUsageFlags.KeyCertSign, X509KeyUsageFlags.CrlSign, X509KeyUsageFlags.EncipherOnly, X509KeyUsageFlags.DecipherOnly,
        ];
        return order.Select((flag, i) => flags.HasFlag(flag) ? 1L << i : 0).Sum();
    }

    private static RegoValue Texts(List<string> texts) => texts.Count == 0 ? RegoNull.Value : RegoArray.From(texts.Select(text => new RegoString(text)));

    private static RegoString Time(DateTime time) => new(time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private static RegoString Base64(byte[] bytes) => new(Convert.ToBase64String(bytes));
}
