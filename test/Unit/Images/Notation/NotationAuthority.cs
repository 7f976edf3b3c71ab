using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.ConformanceTests.Evidence;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Images.Notation;

/// <summary>A root, an authority below it, and signers of both kinds of envelope; whatever a test wants wrong can be put into each.</summary>
internal sealed class NotationAuthority : IDisposable
{
    public const string Subject = "CN=SecureBuilder, OU=Build, O=acme.example, L=Seattle, ST=WA, C=US";
    public static readonly DateTimeOffset Start = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset SignedAt = Start.AddMonths(6);
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa _middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public NotationAuthority(int? pathLength = null, bool criticalUse = true)
    {
        var root = Request("CN=Root, O=acme.example, C=US", _rootKey, new(true, pathLength is not null, pathLength ?? 0, true), X509KeyUsageFlags.KeyCertSign, critical: true);
        Root = root.CreateSelfSigned(Start, Start.AddYears(20));
        var middle = Request("CN=Issuing, O=acme.example, C=US", _middleKey, new(true, false, 0, true), X509KeyUsageFlags.KeyCertSign, criticalUse);
        Middle = Issue(middle, Root.SubjectName, _rootKey, Start, Start.AddYears(10));
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Middle { get; }

    /// <summary>A signer of a year from <see cref="Start"/>, below the issuing authority.</summary>
    public X509Certificate2 IssueSigner(
        AsymmetricAlgorithm key, string subject = Subject, X509KeyUsageFlags use = X509KeyUsageFlags.DigitalSignature, bool criticalUse = true,
        string[]? purposes = null, X509Extension? further = null, bool isAuthority = false)
    {
        var request = Request(subject, key, isAuthority ? new(true, false, 0, true) : new(false, false, 0, false), use, criticalUse);
        if (purposes is not [])
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. (purposes ?? ["1.3.6.1.5.5.7.3.3"]).Select(oid => new Oid(oid))], false));
        if (further is not null)
            request.CertificateExtensions.Add(further);
        return Issue(request, Middle.SubjectName, _middleKey, Start, Start.AddYears(1));
    }

    public static byte[] Payload(string mediaType, string digest, long size) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["targetArtifact"] = new JsonObject { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size },
    }.ToJsonString());

    /// <summary>The protected header of a signature in JWS, all in order.</summary>
    public static JsonObject JwsHeader(string algorithm = "ES256", DateTimeOffset? expiry = null, DateTimeOffset? at = null, bool byAuthority = false)
    {
        var time = (at ?? SignedAt).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var critical = new JsonArray("io.cncf.notary.signingScheme");
        var header = new JsonObject
        {
            ["alg"] = algorithm,
            ["crit"] = critical,
            ["cty"] = "application/vnd.cncf.notary.payload.v1+json",
            ["io.cncf.notary.signingScheme"] = byAuthority ? "notary.x509.signingAuthority" : "notary.x509",
            [byAuthority ? "io.cncf.notary.authenticSigningTime" : "io.cncf.notary.signingTime"] = time,
        };
        if (byAuthority)
            critical.Add("io.cncf.notary.authenticSigningTime");
        if (expiry is { } until)
        {
            critical.Add("io.cncf.notary.expiry");
            header["io.cncf.notary.expiry"] = until.ToString("yyyy-MM-dd'T'HH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture);
        }

        return header;
    }

    public byte[] Jws(byte[] payload, AsymmetricAlgorithm key, X509Certificate2 signer, JsonObject? header = null)
    {
        var (head, body) = (Base64UrlText.Encode(Encoding.UTF8.GetBytes((header ?? JwsHeader()).ToJsonString())), Base64UrlText.Encode(payload));
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["payload"] = body,
            ["protected"] = head,
            ["header"] = new JsonObject
            {
                ["x5c"] = new JsonArray([.. new[] { signer, Middle, Root }.Select(one => (JsonNode)Convert.ToBase64String(one.RawData))]),
                ["io.cncf.notary.signingAgent"] = "test",
            },
            ["signature"] = Base64UrlText.Encode(Sign(key, Encoding.ASCII.GetBytes($"{head}.{body}"))),
        }.ToJsonString());
    }

    public byte[] Cose(byte[] payload, AsymmetricAlgorithm key, X509Certificate2 signer, int algorithm = -7, DateTimeOffset? expiry = null, string[]? critical = null)
    {
        string[] crit = critical ?? ["io.cncf.notary.signingScheme", .. expiry is null ? (string[])[] : ["io.cncf.notary.expiry"]];
        List<(byte[], byte[])> fields =
        [
            (CborBytes.Integer(1), CborBytes.Integer(algorithm)),
            (CborBytes.Integer(2), CborBytes.Array([.. crit.Select(CborBytes.Text)])),
            (CborBytes.Integer(3), CborBytes.Text("application/vnd.cncf.notary.payload.v1+json")),
            (CborBytes.Text("io.cncf.notary.signingScheme"), CborBytes.Text("notary.x509")),
            (CborBytes.Text("io.cncf.notary.signingTime"), CborBytes.Tag(1, CborBytes.Integer(SignedAt.ToUnixTimeSeconds()))),
        ];
        if (expiry is { } until)
            fields.Add((CborBytes.Text("io.cncf.notary.expiry"), CborBytes.Tag(1, CborBytes.Integer(until.ToUnixTimeSeconds()))));
        var header = CborBytes.Bytes(CborBytes.Map(fields));
        var signature = Sign(key, CborBytes.Array(CborBytes.Text("Signature1"), header, CborBytes.Bytes([]), CborBytes.Bytes(payload)));
        var chain = CborBytes.Array([.. new[] { signer, Middle, Root }.Select(one => CborBytes.Bytes(one.RawData))]);
        return CborBytes.Tag(18, CborBytes.Array(header, CborBytes.Map((CborBytes.Integer(33), chain)), CborBytes.Bytes(payload), CborBytes.Bytes(signature)));
    }

    /// <summary>Lays the root out as notation does.</summary>
    public void WriteTrustStore(string directory, string kind = "ca", string name = "acme")
    {
        var store = Directory.CreateDirectory(Path.Combine(directory, "x509", kind, name));
        File.WriteAllText(Path.Combine(store.FullName, "root.crt"), Root.ExportCertificatePem());
    }

    public void Dispose()
    {
        Root.Dispose();
        Middle.Dispose();
        _rootKey.Dispose();
        _middleKey.Dispose();
    }

    private static byte[] Sign(AsymmetricAlgorithm key, byte[] content) => key switch
    {
        ECDsa ec => ec.SignData(content, Hash(ec.KeySize, 256, 384), DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
        RSA rsa => rsa.SignData(content, Hash(rsa.KeySize, 2048, 3072), RSASignaturePadding.Pss),
        _ => throw new NotSupportedException(),
    };

    private static HashAlgorithmName Hash(int size, int small, int middle) =>
        size == small ? HashAlgorithmName.SHA256 : size == middle ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA512;

    private static CertificateRequest Request(string subject, AsymmetricAlgorithm key, X509BasicConstraintsExtension constraints, X509KeyUsageFlags use, bool critical)
    {
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(constraints);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(use, critical));
        return request;
    }

    private static X509Certificate2 Issue(CertificateRequest request, X500DistinguishedName issuer, ECDsa key, DateTimeOffset from, DateTimeOffset until) =>
        request.Create(issuer, X509SignatureGenerator.CreateForECDsa(key), from, until, [0x11, .. RandomNumberGenerator.GetBytes(8)]);
}
