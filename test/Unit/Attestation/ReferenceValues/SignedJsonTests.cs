using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>Reference values under JWS: its three forms, keys and authorities, and what must not pass for it.</summary>
[Trait("Group", "TrustReferences")]
public sealed class SignedJsonTests : IDisposable
{
    private const string Values = """{"svn":["1"],"debug":false}""";
    private const string Header = """{"alg":"ES256"}""";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Compact_form_is_read() =>
        Assert.Equal(["svn", "debug"], Read(SignedDocuments.Compact(Header, Values, _key)).Extracted.Values.Select(value => value.Name));

    [Fact]
    public void General_form_needs_one_signature_that_is_believed()
    {
        Assert.Equal(2, Read(General(_other, _key)).Extracted.Values.Count);
        Assert.Contains("none of the 1 keys", Refusal(General(_other, _other)), StringComparison.Ordinal);
    }

    [Fact]
    public void Flattened_form_is_read()
    {
        var parts = SignedDocuments.Compact(Header, Values, _key).Split('.');
        var json = new JsonObject { ["payload"] = parts[1], ["protected"] = parts[0], ["signature"] = parts[2] };
        Assert.Equal(2, Read(json.ToJsonString()).Extracted.Values.Count);
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"HS256"}""")]
    [InlineData("""{"alg":"ES384"}""")]
    [InlineData("""{}""")]
    [InlineData("""{"alg":"ES256","crit":["b64"],"b64":false}""")]
    [InlineData("""{"alg":"ES256","crit":null}""")]
    [InlineData("""{"alg":"ES256","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","exp":1}""")]
    [InlineData("""{"alg":"ES256","exp":"later"}""")]
    public void What_the_header_must_not_say(string header) => Assert.NotEmpty(Refusal(SignedDocuments.Compact(header, Values, _key)));

    [Fact]
    public void The_unprotected_header_is_not_looked_at()
    {
        var parts = SignedDocuments.Compact("""{"x":1}""", Values, _key).Split('.');
        var json = new JsonObject
        {
            ["payload"] = parts[1],
            ["protected"] = parts[0],
            ["header"] = new JsonObject { ["alg"] = "ES256" },
            ["signature"] = parts[2],
        };
        Assert.NotEmpty(Refusal(json.ToJsonString()));
    }

    [Fact]
    public void The_end_of_the_signature_is_the_end_of_the_values()
    {
        var end = SignedDocuments.Now.AddDays(7);
        var document = Read(SignedDocuments.Compact($$"""{"alg":"ES256","exp":{{end.ToUnixTimeSeconds()}}}""", Values, _key));
        Assert.Equal(end, document.Extracted.Expires);
    }

    [Fact]
    public void A_certificate_below_an_authority_is_believed_and_another_is_not()
    {
        using var root = Authority("root");
        var trust = new ReferenceValueTrust { Signers = ReferenceSigner.FromPem("jws", root.ExportCertificatePem()) };
        Assert.Single(SignedDocuments.Read("jws", Encoding.UTF8.GetBytes(Certified(root)), trust).Extracted.Signers);

        using var stranger = Authority("root");
        Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("jws", Encoding.UTF8.GetBytes(Certified(stranger)), trust));
        Assert.Throws<MalformedDataException>(
            () => SignedDocuments.Read("jws", Encoding.UTF8.GetBytes(Certified(root)), trust, SignedDocuments.Now.AddDays(20)));
    }

    [Fact]
    public void Every_changed_character_is_noticed()
    {
        var text = SignedDocuments.Compact(Header, Values, _key);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            Assert.NotEmpty(Refusal(new string(changed)));
        }
    }

    private string Certified(X509Certificate2 root)
    {
        var request = new CertificateRequest("CN=signer", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        using var leaf = request.Create(root, SignedDocuments.Now.AddDays(-1), SignedDocuments.Now.AddDays(10), [1, 2, 3]);
        return SignedDocuments.Compact($$"""{"alg":"ES256","x5c":["{{Convert.ToBase64String(leaf.RawData)}}"]}""", Values, _key);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(SignedDocuments.Now.AddDays(-1), SignedDocuments.Now.AddDays(30));
    }

    private static string General(params ReadOnlySpan<ECDsa> keys)
    {
        var (payload, signatures) = ("", new JsonArray());
        foreach (var key in keys)
        {
            var parts = SignedDocuments.Compact(Header, Values, key).Split('.');
            payload = parts[1];
            signatures.Add((JsonNode)new JsonObject { ["protected"] = parts[0], ["signature"] = parts[2] });
        }

        return new JsonObject { ["payload"] = payload, ["signatures"] = signatures }.ToJsonString();
    }

    private ReferenceValueDocument Read(string text) =>
        SignedDocuments.Read("jws", Encoding.UTF8.GetBytes(text), SignedDocuments.Believe("jws", _key));

    private string Refusal(string text) => Assert.Throws<MalformedDataException>(() => Read(text)).Message;
}
