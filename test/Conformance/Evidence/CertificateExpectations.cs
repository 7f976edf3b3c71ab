using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Formats.X509;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>What manifests say of certificates.</summary>
internal static class CertificateExpectations
{
    private static readonly Dictionary<string, string> s_amd = new()
    {
        ["structVersion"] = "1",
        ["productName"] = "2",
        ["blSPL"] = "3.1",
        ["teeSPL"] = "3.2",
        ["snpSPL"] = "3.3",
        ["spl4"] = "3.4",
        ["spl5"] = "3.5",
        ["spl6"] = "3.6",
        ["spl7"] = "3.7",
        ["ucodeSPL"] = "3.8",
        ["fmcSPL"] = "3.9",
        ["hwID"] = "4",
        ["cspID"] = "5",
    };

    public static void Require(Certificate certificate, JsonElement expected)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var actual = member.Name switch
            {
                "subject_cn" => certificate.Subject.CommonName,
                "issuer_cn" => certificate.Issuer.CommonName,
                "not_before" => Time(certificate.NotBefore),
                "not_after" => Time(certificate.NotAfter),
                "spki_sha256" => VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span),
                "cert_sha256" => Convert.ToHexStringLower(SHA256.HashData(certificate.Raw.Span)),
                "extensions" => RequireAmd(certificate, member.Value),
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };

            if (member.Name != "extensions")
                Assert.Equal(member.Value.GetString(), actual);
        }
    }

    private static string? RequireAmd(Certificate certificate, JsonElement expected)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var value = certificate.Extensions.Find($"1.3.6.1.4.1.3704.1.{s_amd[member.Name]}");
            Assert.NotNull(value);
            var der = new AsnReader(value, AsnEncodingRules.DER);
            var actual = member.Name switch
            {
                "hwID" => Convert.ToHexStringLower(value),
                "productName" or "cspID" => der.ReadCharacterString(UniversalTagNumber.IA5String),
                _ => der.ReadInteger().ToString(CultureInfo.InvariantCulture),
            };
            Assert.Equal($"{member.Name}={member.Value}", $"{member.Name}={actual}");
        }

        return null;
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss+00:00", CultureInfo.InvariantCulture);
}
