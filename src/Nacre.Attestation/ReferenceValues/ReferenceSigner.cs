using System.Security.Cryptography;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>One who is believed when he signs reference values: a key, or an authority for the certificates of such keys.</summary>
/// <param name="Type">The only type of documents that he is believed on; null for all.</param>
/// <param name="Key">His own.</param>
/// <param name="Certificate">Null for a bare key. Certificates below it are believed too.</param>
public sealed record ReferenceSigner(string? Type, SupplyChainKey Key, Certificate? Certificate)
{
    private const int MaxSigners = 64;

    /// <summary>The public keys and certificates of a PEM text, in its order; at least one.</summary>
    /// <exception cref="MalformedDataException">It holds something else, or a key of a kind that is not accepted.</exception>
    public static IReadOnlyList<ReferenceSigner> FromPem(string? type, string pem)
    {
        var signers = new List<ReferenceSigner>();
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var found))
        {
            if (signers.Count == MaxSigners)
                throw Malformed($"holds more than {MaxSigners} keys and certificates");

            signers.Add(Read(type, rest[found.Label], rest[found.Location].ToString()));
            rest = rest[found.Location.End..];
        }

        return signers.Count > 0 ? signers : throw Malformed("holds no PUBLIC KEY and no CERTIFICATE");
    }

    private static ReferenceSigner Read(string? type, ReadOnlySpan<char> label, string block)
    {
        if (label is "PUBLIC KEY")
            return new(type, SupplyChainKey.FromPem(block), null);
        if (label is not "CERTIFICATE")
            throw Malformed($"holds a {label}, must hold public keys and certificates only");

        var certificate = PemCertificates.Parse(block)[0];
        return new(type, SupplyChainKey.Import(certificate.SubjectPublicKeyInfo.Span), certificate);
    }

    private static MalformedDataException Malformed(string rule) => new("reference-trust", "(text)", 0, rule);
}
