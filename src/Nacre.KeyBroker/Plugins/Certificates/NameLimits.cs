using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>
/// What the authority may name: SPIFFE ids of one trust domain, and DNS names below the given ones. Stands as critical name constraints in
/// an authority of our own (RFC 5280, section 4.2.1.10), and is held at every issue whatever the authority says.
/// </summary>
/// <param name="TrustDomain">Host of SPIFFE ids.</param>
/// <param name="DnsNames">Each allows itself and what is below it; none allows no DNS name.</param>
internal sealed record NameLimits(string TrustDomain, IReadOnlyList<string> DnsNames)
{
    private const string NameConstraints = "2.5.29.30";
    private const string SubjectAlternativeName = "2.5.29.17";
    private const int DnsTag = 2;
    private const int UriTag = 6;
    private const int IpTag = 7;

    private static readonly Asn1Tag s_permitted = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag s_excluded = new(TagClass.ContextSpecific, 1);

    public static bool IsHost(string text) => text.Length is > 0 and <= 253 && text.Split('.').All(label =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
        && label.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-'));

    /// <summary>Null when the id is one of the trust domain (SPIFFE ID, section 2); else the rule.</summary>
    public string? FindProblem(string spiffeId)
    {
        var prefix = $"spiffe://{TrustDomain}/";
        if (!spiffeId.StartsWith(prefix, StringComparison.Ordinal))
            return $"it must begin with {prefix}";
        return spiffeId.Length <= 2048 && spiffeId[prefix.Length..].Split('/').All(segment =>
            segment is not ("" or "." or "..") && segment.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            ? null : "its path must be segments of letters, digits, '-', '_' and '.'";
    }

    public bool AllowsDns(string name) => IsHost(name) && DnsNames.Any(allowed =>
        name == allowed || name.EndsWith("." + allowed, StringComparison.Ordinal));

    public X509Extension ToExtension()
    {
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            using (der.PushSequence(s_permitted))
            {
                foreach (var name in DnsNames)
                    WriteText(der, DnsTag, name);
                WriteText(der, UriTag, TrustDomain);
            }

            // A kind of name that is not constrained is allowed; these are never issued.
            using (der.PushSequence(s_excluded))
            {
                if (DnsNames.Count == 0)
                    WriteText(der, DnsTag, "");
                WriteAddress(der, 8);
                WriteAddress(der, 32);
            }
        }

        return new X509Extension(NameConstraints, der.Encode(), critical: true);
    }

    /// <summary>Written as they are: the framework's Uri would add a slash to a trust domain.</summary>
    public static X509Extension AlternativeNames(string uri, IReadOnlyList<string> dnsNames)
    {
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            WriteName(der, UriTag, uri);
            foreach (var name in dnsNames)
                WriteName(der, DnsTag, name);
        }

        return new X509Extension(SubjectAlternativeName, der.Encode(), critical: false);
    }

    private static void WriteText(AsnWriter der, int tag, string name)
    {
        using (der.PushSequence())
            WriteName(der, tag, name);
    }

    private static void WriteName(AsnWriter der, int tag, string name) =>
        der.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, tag));

    // Address and mask of zeros: all of them.
    private static void WriteAddress(AsnWriter der, int length)
    {
        using (der.PushSequence())
            der.WriteOctetString(new byte[length], new Asn1Tag(TagClass.ContextSpecific, IpTag));
    }
}
