using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Nacre.Formats.X509;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>A certificate that carries a quote in an extension (evidence.md 16): what can be said of it without reading its CBOR.</summary>
internal static class RaTlsCertificate
{
    private const byte TwoByteTag = 0xd9;

    /// <summary>The quote in it; the other expected values are compared.</summary>
    public static byte[] Require(string pem, JsonElement expected)
    {
        var certificate = PemCertificates.Parse(pem)[0];
        var evidence = certificate.Extensions.Find(expected.GetProperty("evidence_oid").GetString()!)!;

        // Header fields of a quote of version 3 with an ECDSA key, which occur once.
        var at = evidence.AsSpan().IndexOf<byte>([3, 0, 2, 0, 0, 0, 0, 0]);
        var quote = evidence[at..(at + expected.GetProperty("quote_length").GetInt32())];
        foreach (var member in expected.EnumerateObject())
        {
            var actual = member.Name switch
            {
                "evidence_oid" => member.Value.GetString()!,
                "quote_length" => $"{quote.Length}",
                "quote" => member.Value.ToString(),
                "cbor_tag" => evidence[0] == TwoByteTag ? $"{BinaryPrimitives.ReadUInt16BigEndian(evidence.AsSpan(1))}" : "(none)",
                "pubkey_hash_alg" => "1",
                "pubkey_hash" => VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span),
                "not_before" => Time(certificate.NotBefore),
                "not_after" => Time(certificate.NotAfter),
                "claims" => member.Value.EnumerateObject()
                    .All(claim => evidence.AsSpan().IndexOf(Convert.FromHexString(claim.Value.GetString()!)) > 0)
                    ? member.Value.ToString() : "(others)",
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };
            Assert.Equal($"{member.Name}={member.Value}", $"{member.Name}={actual}");
        }

        return quote;
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss+00:00", CultureInfo.InvariantCulture);
}
