using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>SWID manifests signed by Debian's xmlsec1: a signer that shares no code with the reader.</summary>
[Trait("Group", "TrustReferences")]
public sealed class SwidTests : IDisposable
{
    private const string Inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    private const string Exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    private const string Enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    private const string More = "http://www.w3.org/2001/04/xmldsig-more#";
    private const string Sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    private const string Sha1 = "http://www.w3.org/2000/09/xmldsig#sha1";

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-swid-").FullName;
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _rsa.Dispose();
        _ecdsa.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(Inclusive, "rsa-sha256")]
    [InlineData(Exclusive, "rsa-sha256")]
    [InlineData(Inclusive, "ecdsa-sha256")]
    [InlineData(Exclusive, "ecdsa-sha256")]
    public void What_xmlsec_signs_is_read(string canonical, string method)
    {
        AsymmetricAlgorithm key = method[0] == 'r' ? _rsa : _ecdsa;
        var document = Read(Sign(canonical, More + method, Sha256, key), SignedDocuments.Believe("swid", key));

        var (name, value) = Assert.Single(document.Extracted.Values);
        Assert.Equal(("Maker_Inc.v1_2.measurement_1", $"[\"{SignedDocuments.Digest('c', 96)}\"]"), (name, value!.ToJsonString()));
        Assert.Single(document.Extracted.Signers);
    }

    [Fact]
    public void Another_key_is_not_believed()
    {
        var signed = Sign(Inclusive, More + "rsa-sha256", Sha256, _rsa);
        using var other = RSA.Create(2048);
        Assert.Contains("none of the 1 keys", Refusal(signed, SignedDocuments.Believe("swid", other)), StringComparison.Ordinal);
        Assert.Contains("nobody is believed", Refusal(signed, ReferenceValueTrust.None), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Maker Inc", "Breaker Inc")]
    [InlineData("ccc", "ddd")]
    [InlineData("<s:Payload", "<s:Payload x='1'")]
    [InlineData("<Entity", " <Entity")]
    [InlineData("URI=\"\"", "URI=\"#body\"")]
    public void Each_change_is_noticed(string before, string after)
    {
        var signed = Sign(Exclusive, More + "rsa-sha256", Sha256, _rsa);
        Assert.Contains(before, signed, StringComparison.Ordinal);
        Assert.NotEmpty(Refusal(signed.Replace(before, after, StringComparison.Ordinal), SignedDocuments.Believe("swid", _rsa)));
    }

    [Theory]
    [InlineData(Inclusive, More + "rsa-sha256", Sha1)]
    [InlineData(Inclusive, "http://www.w3.org/2000/09/xmldsig#rsa-sha1", Sha256)]
    [InlineData("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", More + "rsa-sha256", Sha256)]
    public void Weak_algorithms_are_refused(string canonical, string method, string digest) =>
        Assert.Contains("must be http", Refusal(Sign(canonical, method, digest, _rsa), SignedDocuments.Believe("swid", _rsa)), StringComparison.Ordinal);

    [Fact]
    public void A_signed_document_inside_another_says_nothing_for_the_outer_one()
    {
        var inner = Sign(Inclusive, More + "rsa-sha256", Sha256, _rsa);
        var wrapped = Document("d").Replace("</SoftwareIdentity>", $"<Evidence>{inner}</Evidence></SoftwareIdentity>", StringComparison.Ordinal);
        Assert.NotEmpty(Refusal(wrapped, SignedDocuments.Believe("swid", _rsa)));
    }

    [Fact]
    public void An_unsigned_manifest_is_taken_only_when_configured()
    {
        var trust = SignedDocuments.Believe("swid", _rsa);
        Assert.Contains("(signature)", Refusal(Document("c"), trust), StringComparison.Ordinal);
        Assert.Empty(Read(Document("c"), trust with { AcceptUnsigned = true }).Extracted.Signers);
    }

    [Fact]
    public void Entities_of_its_own_are_refused() => Assert.NotEmpty(Refusal(
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>" + Sign(Inclusive, More + "rsa-sha256", Sha256, _rsa),
        SignedDocuments.Believe("swid", _rsa)));

    [Fact]
    public void A_certificate_below_an_authority_is_believed()
    {
        using var rootKey = RSA.Create(2048);
        var request = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = request.CreateSelfSigned(SignedDocuments.Now.AddDays(-1), SignedDocuments.Now.AddDays(1));
        var leafRequest = new CertificateRequest("CN=signer", _rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var leaf = leafRequest.Create(root, SignedDocuments.Now.AddDays(-1), SignedDocuments.Now.AddDays(1), [7]);
        var signed = Sign(Inclusive, More + "rsa-sha256", Sha256, _rsa, leaf.ExportCertificatePem());

        var trust = new ReferenceValueTrust { Signers = ReferenceSigner.FromPem("swid", root.ExportCertificatePem()) };
        Assert.Single(Read(signed, trust).Extracted.Values);
        Assert.Throws<MalformedDataException>(
            () => SignedDocuments.Read("swid", Encoding.UTF8.GetBytes(signed), trust, SignedDocuments.Now.AddDays(2)));
    }

    private static string Document(string digit, string signature = "") => $"""
        <SoftwareIdentity xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd" xmlns:s="http://standards.iso.org/iso/19770/-2/2015/schema.xsd"
          xmlns:unused="urn:unused" name="é &amp; b" tagId='1'>
          <Entity name="Maker" role="tagCreator"/>
          <Meta xmlns:r="https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/"
            edition="v1-2" r:PlatformManufacturerStr="Maker Inc"/>
          <s:Payload xmlns:h="http://www.w3.org/2001/04/xmlenc#sha384">
            <s:Resource type="Measurement" index="1" h:Hash0="{SignedDocuments.Digest(digit[0], 96)}" h:Hash1="{SignedDocuments.Digest('0', 96)}"/>
          </s:Payload>{signature}
        </SoftwareIdentity>
        """;

    private string Sign(string canonical, string method, string digest, AsymmetricAlgorithm key, string? certificate = null)
    {
        var template = $"""
            <Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="{canonical}"/>
            <SignatureMethod Algorithm="{method}"/><Reference URI=""><Transforms><Transform Algorithm="{Enveloped}"/>
            <Transform Algorithm="{canonical}"/></Transforms><DigestMethod Algorithm="{digest}"/><DigestValue/></Reference></SignedInfo>
            <SignatureValue/>{(certificate is null ? "" : "<KeyInfo><X509Data/></KeyInfo>")}</Signature>
            """;
        var (source, keyFile) = (Path.Combine(_folder, "in.xml"), Path.Combine(_folder, "key.pem"));
        File.WriteAllText(source, Document("c", template));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        if (certificate is not null)
            File.WriteAllText(Path.Combine(_folder, "cert.pem"), certificate);

        var keys = certificate is null ? keyFile : $"{keyFile},{Path.Combine(_folder, "cert.pem")}";
        using var process = Process.Start(new ProcessStartInfo("xmlsec1", ["--sign", "--privkey-pem", keys, source])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var signed = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(30_000));
        Assert.Equal(0, process.ExitCode);
        return signed;
    }

    private static ReferenceValueDocument Read(string xml, ReferenceValueTrust trust) => SignedDocuments.Read("swid", Encoding.UTF8.GetBytes(xml), trust);

    private static string Refusal(string xml, ReferenceValueTrust trust) =>
        Assert.Throws<MalformedDataException>(() => Read(xml, trust)).Message;
}
