using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Se;
using Nacre.Formats.X509;
using Nacre.Verifiers.Se;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// A machine with Secure Execution that exists only here: IBM publishes no evidence of a real one. It has a host key, a document for it
/// under a chain with IBM's names and a root of its own, and answers requests as the ultravisor does.
/// </summary>
internal sealed class SeMachine : IDisposable
{
    private const string Ibm =
        "C=US, O=International Business Machines Corporation, CN=International Business Machines Corporation, ST=New York, ";

    private readonly ECDiffieHellman _hostKey = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521);
    private readonly SeHostKey _public;

    public SeMachine(DateTimeOffset at)
    {
        using var rootKey = RSA.Create(2048);
        using var signingKey = RSA.Create(2048);
        var root = Request(Ibm + "L=Armonk, OU=IBM Z Root CA", rootKey, isAuthority: true);
        using var rootCertificate = root.CreateSelfSigned(at.AddYears(-1), at.AddYears(1));
        var signing = Request(Ibm + "L=Poughkeepsie, OU=IBM Z Host Key Signing Service", signingKey, isAuthority: false);
        using var signingCertificate = signing.Create(rootCertificate, at.AddYears(-1), at.AddMonths(6), [1]);
        using var signer = ECDsa.Create(_hostKey.ExportParameters(true));
        var document = new CertificateRequest(Ibm + "L=Armonk, OU=IBM Z Host Key", signer, HashAlgorithmName.SHA512);
        using var made = document.Create(
            signingCertificate.SubjectName, X509SignatureGenerator.CreateForRSA(signingKey, RSASignaturePadding.Pkcs1), at.AddYears(-1),
            at.AddMonths(6), [2]);

        Document = Certificate.Parse(made.RawData);
        _public = SeHostKey.Read(Document);
        Trust = new(Certificate.Parse(rootCertificate.RawData), SeCertificateFiles.Read(
            signingCertificate.RawData, List(rootCertificate.SubjectName, rootKey, at),
            List(signingCertificate.SubjectName, signingKey, at)));
    }

    public Certificate Document { get; }
    public SeTrust Trust { get; }
    public byte[] Hash => _public.Hash;

    /// <summary>What the guest sends: the ultravisor's answer for this report data, and what it was given to carry.</summary>
    public byte[] Answer(string challenge, SeImageTags image, byte[] reportData, byte[]? imageHost = null, byte[]? attestationHost = null)
    {
        var json = JsonNode.Parse(challenge)!;
        var request = SeAttestationRequest.Parse(Bytes(json, "request_blob"));
        using var secrets = Open(request)!;
        byte[] userData = [.. reportData, .. new byte[64 - reportData.Length]];
        var measured = new SeMeasurement
        {
            Image = image,
            ConfigurationUid = Enumerable.Repeat((byte)0xc5, 16).ToArray(),
            UserData = userData,
            AdditionalData = (byte[])[.. imageHost ?? Hash, .. attestationHost ?? Hash],
        };
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["measurement"] = Convert.ToBase64String(measured.Compute(secrets.MeasurementKey.Reveal(), secrets.Nonce.Reveal())),
            ["additional_data"] = Convert.ToBase64String(measured.AdditionalData.Span),
            ["user_data"] = Convert.ToBase64String(userData),
            ["cuid"] = Convert.ToBase64String(measured.ConfigurationUid.Span),
            ["encr_measurement_key"] = json["encr_measurement_key"]!.DeepClone(),
            ["encr_request_nonce"] = json["encr_request_nonce"]!.DeepClone(),
            ["image_hdr_tags"] = json["image_hdr_tags"]!.DeepClone(),
        }.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    /// <summary>Null when the request is not for this machine, or was changed.</summary>
    public SeRequestSecrets? Open(SeAttestationRequest request)
    {
        using var customer = SeHostKey.Unpad(request.CustomerKeyX.Span, request.CustomerKeyY.Span);
        var slot = request.Keyslots.FirstOrDefault(one => one.HostKeyHash.Span.SequenceEqual(Hash));
        using var key = slot is null ? null : SeRequestCipher.UnwrapKey(slot, _hostKey, customer.PublicKey);
        return key is null ? null : SeRequestCipher.Open(request, key);
    }

    public void Dispose()
    {
        _hostKey.Dispose();
        _public.Dispose();
    }

    private static byte[] Bytes(JsonNode json, string name) => Convert.FromBase64String(json[name]!.GetValue<string>());

    private static byte[] List(X500DistinguishedName issuer, RSA key, DateTimeOffset at) => new CertificateRevocationListBuilder().Build(
        issuer, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), 1, at.AddMonths(1), HashAlgorithmName.SHA512,
        X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new byte[20]), at.AddMonths(-1));

    private static CertificateRequest Request(string name, RSA key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isAuthority ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.DigitalSignature, true));
        return request;
    }
}
