using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Nacre.Rego.Builtins;

/// <summary>Certificates, requests and keys in PEM, DER in Base64, or PEM in Base64.</summary>
internal static class X509
{
    public static readonly Builtin[] List =
    [
        new("crypto.x509.parse_certificates", 1, (_, a) => ParseAll(a.Text(0))),
        new("crypto.x509.parse_and_verify_certificates", 1, (c, a) => ParseAndVerify(c, a.Text(0))),
        new("crypto.x509.parse_certificate_request", 1, (_, a) => ParseRequest(a.Text(0))),
        new("crypto.x509.parse_keypair", 2, (_, a) => ParseKeyPair(a.Text(0), a.Text(1))),
        new("crypto.x509.parse_rsa_private_key", 1, (_, a) => ParseRsaKey(a.Text(0))),
        new("crypto.parse_private_keys", 1, (_, a) => ParsePrivateKeys(a.Text(0))),
    ];

    private static RegoArray ParseAll(string text)
    {
        var certificates = Load(text);
        try
        {
            return RegoArray.From(certificates.Select(CertificateValue.From));
        }
        finally
        {
            certificates.ForEach(certificate => certificate.Dispose());
        }
    }

    // The first is the root, the last the leaf; the result has them the other way round.
    private static RegoArray ParseAndVerify(BuiltinCall call, string text)
    {
        var invalid = new RegoArray([RegoBool.False, RegoArray.Empty]);
        List<X509Certificate2> certificates;
        try
        {
            certificates = Load(text);
        }
        catch (RegoBuiltinException)
        {
            return invalid;
        }

        try
        {
            if (certificates.Count < 2)
                return invalid;

            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(certificates[0]);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = call.Now.UtcDateTime;
            chain.ChainPolicy.VerificationTimeIgnored = false;
            foreach (var intermediate in certificates.Skip(1).SkipLast(1))
                chain.ChainPolicy.ExtraStore.Add(intermediate);
            if (!chain.Build(certificates[^1]))
                return invalid;

            return new RegoArray([RegoBool.True, RegoArray.From(chain.ChainElements.Select(element => CertificateValue.From(element.Certificate)))]);
        }
        finally
        {
            certificates.ForEach(certificate => certificate.Dispose());
        }
    }

    private static List<X509Certificate2> Load(string text)
    {
        var found = new List<X509Certificate2>();
        try
        {
            foreach (var der in Blocks(text, "CERTIFICATE"))
                for (var rest = der.AsMemory(); !rest.IsEmpty;)
                {
                    AsnDecoder.ReadSequence(rest.Span, AsnEncodingRules.DER, out var offset, out var length, out _);
                    found.Add(X509CertificateLoader.LoadCertificate(rest.Span[..(offset + length)]));
                    rest = rest[(offset + length)..];
                }

            return found;
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            found.ForEach(certificate => certificate.Dispose());
            throw new RegoBuiltinException("x509: malformed certificate");
        }
    }

    // The DER of every block of that kind; without PEM, the text is Base64 of DER or of PEM.
    private static List<byte[]> Blocks(string text, params ReadOnlySpan<string> labels)
    {
        if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            var bytes = GoBase64.Decode(text, url: false, padded: true);
            var inner = Encoding.Latin1.GetString(bytes);
            if (!inner.Contains("-----BEGIN", StringComparison.Ordinal))
                return [bytes];
            text = inner;
        }

        var blocks = new List<byte[]>();
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var label = rest[fields.Label].ToString();
            if (labels.Contains(label))
                blocks.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
            rest = rest[fields.Location.End..];
        }

        return blocks;
    }

    private static RegoObject ParseRequest(string text)
    {
        var blocks = Blocks(text, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
        try
        {
            var request = CertificateRequest.LoadSigningRequest(
                blocks[0], HashAlgorithmName.SHA256, CertificateRequestLoadOptions.SkipSignatureValidation | CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
            return CertificateValue.FromRequest(request, blocks[0]);
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException or ArgumentOutOfRangeException)
        {
            throw new RegoBuiltinException("asn1: structure error: not a certificate request");
        }
    }

    private static RegoObject ParseKeyPair(string certificate, string key)
    {
        var certificates = Load(certificate);
        try
        {
            if (certificates.Count == 0 || ParsePrivateKeys(key) is not RegoArray { Count: > 0 } privateKeys)
                throw new RegoBuiltinException("tls: failed to find any PEM data in certificate or key input");

            return RegoObject.From(new Dictionary<string, RegoValue>
            {
                ["Certificate"] = RegoArray.From(certificates.Select(one => new RegoString(Convert.ToBase64String(one.RawData)))),
                ["Leaf"] = CertificateValue.From(certificates[0]),
                ["PrivateKey"] = privateKeys[0],
                ["OCSPStaple"] = RegoNull.Value,
                ["SignedCertificateTimestamps"] = RegoNull.Value,
                ["SupportedSignatureAlgorithms"] = RegoNull.Value,
            });
        }
        finally
        {
            certificates.ForEach(one => one.Dispose());
        }
    }

    private static RegoObject ParseRsaKey(string text)
    {
        var blocks = Blocks(text, "RSA PRIVATE KEY", "PRIVATE KEY");
        if (blocks.Count == 0)
            throw new RegoBuiltinException("failed to parse PEM block containing the key");

        var key = Rsa(blocks[0]);
        return RegoObject.From(new Dictionary<string, RegoValue>
        {
            ["kty"] = new RegoString("RSA"),
            ["n"] = Url(key.Modulus!),
            ["e"] = Url(key.Exponent!),
            ["d"] = Url(key.D!),
            ["p"] = Url(key.P!),
            ["q"] = Url(key.Q!),
            ["dp"] = Url(key.DP!),
            ["dq"] = Url(key.DQ!),
            ["qi"] = Url(key.InverseQ!),
        });
    }

    private static RegoValue ParsePrivateKeys(string text)
    {
        if (text.Length == 0)
            return RegoNull.Value;
        if (!text.Contains("-----BEGIN", StringComparison.Ordinal) && !LooksLikeBase64(text))
            return RegoArray.Empty;

        return RegoArray.From(Blocks(text, "RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY").Select(PrivateKey));
    }

    private static bool LooksLikeBase64(string text)
    {
        try
        {
            return Encoding.Latin1.GetString(GoBase64.Decode(text, url: false, padded: true)).Contains("-----BEGIN", StringComparison.Ordinal);
        }
        catch (RegoBuiltinException)
        {
            return false;
        }
    }

    private static RegoValue PrivateKey(byte[] der)
    {
        try
        {
            var key = Rsa(der);
            return RegoObject.From(new Dictionary<string, RegoValue>
            {
                ["N"] = Number(key.Modulus!),
                ["E"] = Number(key.Exponent!),
                ["D"] = Number(key.D!),
                ["Primes"] = new RegoArray([Number(key.P!), Number(key.Q!)]),
                ["Precomputed"] = RegoObject.From(new Dictionary<string, RegoValue>
                {
                    ["Dp"] = Number(key.DP!),
                    ["Dq"] = Number(key.DQ!),
                    ["Qinv"] = Number(key.InverseQ!),
                    ["CRTValues"] = RegoArray.Empty,
                }),
            });
        }
        catch (RegoBuiltinException)
        {
            using var curve = ECDsa.Create();
            try
            {
                curve.ImportPkcs8PrivateKey(der, out _);
            }
            catch (CryptographicException)
            {
                try
                {
                    curve.ImportECPrivateKey(der, out _);
                }
                catch (CryptographicException)
                {
                    throw new RegoBuiltinException("x509: failed to parse private key");
                }
            }

            var key = curve.ExportParameters(includePrivateParameters: true);
            return RegoObject.From(new Dictionary<string, RegoValue>
            {
                ["Curve"] = RegoObject.Empty,
                ["X"] = Number(key.Q.X!),
                ["Y"] = Number(key.Q.Y!),
                ["D"] = Number(key.D!),
            });
        }
    }

    private static RSAParameters Rsa(byte[] der)
    {
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportRSAPrivateKey(der, out _);
        }
        catch (CryptographicException)
        {
            try
            {
                rsa.ImportPkcs8PrivateKey(der, out _);
            }
            catch (CryptographicException)
            {
                throw new RegoBuiltinException("x509: failed to parse private key");
            }
        }

        return rsa.ExportParameters(includePrivateParameters: true);
    }

    private static RegoNumber Number(byte[] bigEndian) => RegoNumber.From(new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true));

    private static RegoString Url(byte[] bytes) => new(Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_'));
}
