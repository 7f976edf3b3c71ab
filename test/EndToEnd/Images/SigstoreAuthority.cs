using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Nacre.EndToEndTests.Images;

/// <summary>A Fulcio and a Rekor of our own: a root that issues certificates of ten minutes, and a log that signs entries. Times are in the past.</summary>
internal sealed class SigstoreAuthority : IDisposable
{
    public const string Issuer = "https://accounts.example.com";
    public static readonly DateTimeOffset SignedAt = new(2025, 6, 1, 12, 5, 0, TimeSpan.Zero);
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa _logKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public SigstoreAuthority()
    {
        var request = new CertificateRequest("CN=sigstore of a test", _rootKey, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(SignedAt.AddYears(-1), SignedAt.AddYears(9));
    }

    public string RootPem => _root.ExportCertificatePem();

    public string LogKeyPem => _logKey.ExportSubjectPublicKeyInfoPem();

    /// <summary>A certificate for one signature, and the signature.</summary>
    public (X509Certificate2 Certificate, byte[] Signature) Sign(byte[] content, string email, string issuer = Issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(email);
        request.CertificateExtensions.Add(names.Build(critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], false));
        var text = new AsnWriter(AsnEncodingRules.DER);
        text.WriteCharacterString(UniversalTagNumber.UTF8String, issuer);
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.8", text.Encode(), false));
        var generator = X509SignatureGenerator.CreateForECDsa(_rootKey);
        var certificate = request.Create(
            _root.SubjectName, generator, SignedAt.AddMinutes(-5), SignedAt.AddMinutes(5), [0x11, .. RandomNumberGenerator.GetBytes(8)]);
        return (certificate, key.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    /// <summary>The entry of the log for a signature, and the log's signature over it.</summary>
    public LoggedEntry Log(JsonObject body, DateTimeOffset? at = null)
    {
        var entry = new LoggedEntry(
            Encoding.UTF8.GetBytes(body.ToJsonString()), (at ?? SignedAt).ToUnixTimeSeconds(), SHA256.HashData(_logKey.ExportSubjectPublicKeyInfo()), 7);
        var signed = $$"""{"body":"{{Convert.ToBase64String(entry.Body)}}","integratedTime":{{entry.Time}},"logID":"{{Convert.ToHexStringLower(entry.LogId)}}","logIndex":{{entry.Index}}}""";
        return entry with { Promise = _logKey.SignData(Encoding.UTF8.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) };
    }

    public static JsonObject HashedRekord(byte[] payload, byte[] signature, X509Certificate2 certificate) => new()
    {
        ["apiVersion"] = "0.0.1",
        ["kind"] = "hashedrekord",
        ["spec"] = new JsonObject
        {
            ["data"] = new JsonObject { ["hash"] = Hash(payload) },
            ["signature"] = new JsonObject
            {
                ["content"] = Convert.ToBase64String(signature),
                ["publicKey"] = new JsonObject { ["content"] = Pem(certificate) },
            },
        },
    };

    public static JsonObject Dsse(byte[] payload, byte[] signature, X509Certificate2 certificate) => new()
    {
        ["apiVersion"] = "0.0.1",
        ["kind"] = "dsse",
        ["spec"] = new JsonObject
        {
            ["payloadHash"] = Hash(payload),
            ["signatures"] = new JsonArray(new JsonObject { ["signature"] = Convert.ToBase64String(signature), ["verifier"] = Pem(certificate) }),
        },
    };

    public void Dispose()
    {
        _root.Dispose();
        _rootKey.Dispose();
        _logKey.Dispose();
    }

    private static JsonObject Hash(byte[] content) => new() { ["algorithm"] = "sha256", ["value"] = Convert.ToHexStringLower(SHA256.HashData(content)) };

    private static string Pem(X509Certificate2 certificate) => Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
}

/// <summary>An entry in the two forms in which it comes along with a signature.</summary>
internal sealed record LoggedEntry(byte[] Body, long Time, byte[] LogId, long Index)
{
    public byte[] Promise { get; init; } = [];

    public string ToAnnotation() => new JsonObject
    {
        ["SignedEntryTimestamp"] = Convert.ToBase64String(Promise),
        ["Payload"] = new JsonObject
        {
            ["body"] = Convert.ToBase64String(Body),
            ["integratedTime"] = Time,
            ["logIndex"] = Index,
            ["logID"] = Convert.ToHexStringLower(LogId),
        },
    }.ToJsonString();

    public JsonObject ToBundle() => new()
    {
        ["logIndex"] = $"{Index}",
        ["logId"] = new JsonObject { ["keyId"] = Convert.ToBase64String(LogId) },
        ["kindVersion"] = new JsonObject { ["kind"] = "dsse", ["version"] = "0.0.1" },
        ["integratedTime"] = $"{Time}",
        ["inclusionPromise"] = new JsonObject { ["signedEntryTimestamp"] = Convert.ToBase64String(Promise) },
        ["canonicalizedBody"] = Convert.ToBase64String(Body),
    };
}
