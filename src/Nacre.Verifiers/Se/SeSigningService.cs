using Nacre.Formats.X509;

namespace Nacre.Verifiers.Se;

/// <summary>The names of IBM's signing service (evidence.md 12.3).</summary>
internal static class SeSigningService
{
    private const string LocalityOid = "2.5.4.7";
    private const string Ibm = "International Business Machines Corporation";

    private static readonly string[] s_localities = ["Armonk", "Poughkeepsie"];

    private static readonly (string Oid, string Value)[] s_subject =
    [
        ("2.5.4.6", "US"), ("2.5.4.10", Ibm), ("2.5.4.3", Ibm), ("2.5.4.8", "New York"), ("2.5.4.11", "IBM Z Host Key Signing Service"),
    ];

    /// <summary>
    /// Whether the certificate is of a key that signs host key documents: its name has these entries, in any order, and no
    /// other.
    /// </summary>
    public static bool IsSigningKey(Certificate certificate)
    {
        var attributes = certificate.Subject.Attributes;
        return attributes.Count == s_subject.Length + 1
            && s_subject.All(attributes.Contains)
            && attributes.Any(one => one.Oid == LocalityOid && s_localities.Contains(one.Value));
    }

    /// <summary>
    /// Whether two names are the same but for the order of their entries, and for the service having moved: documents and lists name
    /// Armonk where the key's own certificate still says Poughkeepsie, or the reverse. Whose key it is, is for the signature to say.
    /// </summary>
    public static bool IsSame(DistinguishedName one, DistinguishedName other) => Entries(one).SequenceEqual(Entries(other));

    private static IEnumerable<(string, string)> Entries(DistinguishedName name) => name.Attributes
        .Select(one => one.Oid == LocalityOid && s_localities.Contains(one.Value) ? (one.Oid, s_localities[0]) : one).Order();
}
