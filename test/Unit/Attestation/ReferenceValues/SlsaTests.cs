using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>SLSA provenance: what is read, and every way in which a document is not the one that somebody who is believed signed.</summary>
[Trait("Group", "TrustReferences")]
public sealed class SlsaTests : IDisposable
{
    private readonly ECDsa _builder = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _builder.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Version_0_2_is_read()
    {
        var document = Read(SignedDocuments.Envelope(Statement02(), _builder));

        var (name, value) = Assert.Single(document.Extracted.Values);
        Assert.Equal(("slsa/kernel", $"[\"{SignedDocuments.Digest('a')}\"]"), (name, value!.ToJsonString()));
        Assert.Equal("https://builder.example/v1", document.Extracted.Origin);
        Assert.Equal(SupplyChainKey.FromPem(_builder.ExportSubjectPublicKeyInfoPem()).Fingerprint, Assert.Single(document.Extracted.Signers));
    }

    [Fact]
    public void Version_1_is_read()
    {
        var statement = Statement(
            "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1",
            """{"buildDefinition":{"buildType":"t"},"runDetails":{"builder":{"id":"https://builder.example/v2"}}}""");

        Assert.Equal("https://builder.example/v2", Read(SignedDocuments.Envelope(statement, _builder)).Extracted.Origin);
    }

    [Fact]
    public void Nobody_is_believed_unless_configured() => Assert.Contains(
        "--reference-trust slsa=", Refusal(SignedDocuments.Envelope(Statement02(), _builder), ReferenceValueTrust.None), StringComparison.Ordinal);

    [Fact]
    public void A_key_for_other_documents_is_not_believed() =>
        Assert.NotEmpty(Refusal(SignedDocuments.Envelope(Statement02(), _builder), SignedDocuments.Believe("corim", _builder)));

    [Fact]
    public void A_key_id_decides_nothing()
    {
        var fingerprint = SupplyChainKey.FromPem(_builder.ExportSubjectPublicKeyInfoPem()).Fingerprint;
        Assert.NotEmpty(Refusal(SignedDocuments.Envelope(Statement02(), _other, keyId: fingerprint), SignedDocuments.Believe("slsa", _builder)));
        Assert.NotEmpty(Read(SignedDocuments.Envelope(Statement02(), _builder, keyId: "anything")).Extracted.Values);
    }

    [Fact]
    public void Each_changed_part_is_noticed()
    {
        var envelope = JsonNode.Parse(SignedDocuments.Envelope(Statement02(), _builder))!.AsObject();
        var payload = Convert.FromBase64String((string)envelope["payload"]!);
        payload[^20] ^= 1;
        envelope["payload"] = Convert.ToBase64String(payload);
        Assert.Contains("(signature)", Refusal(Encoding.UTF8.GetBytes(envelope.ToJsonString())), StringComparison.Ordinal);
    }

    [Fact]
    public void The_type_of_the_payload_is_signed_and_looked_at()
    {
        Assert.Contains("payloadType", Refusal(SignedDocuments.Envelope(Statement02(), _builder, "application/json")), StringComparison.Ordinal);

        var envelope = JsonNode.Parse(SignedDocuments.Envelope(Statement02(), _builder, "application/json"))!.AsObject();
        envelope["payloadType"] = "application/vnd.in-toto+json";
        Assert.Contains("(signature)", Refusal(Encoding.UTF8.GetBytes(envelope.ToJsonString())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sig", "*")]
    [InlineData("sig", "")]
    [InlineData("sig", "MEU CIQ")]
    [InlineData("payload", "é")]
    public void What_is_no_base64_is_malformed(string member, string text)
    {
        var envelope = JsonNode.Parse(SignedDocuments.Envelope(Statement02(), _builder))!.AsObject();
        (member == "sig" ? envelope["signatures"]![0]!.AsObject() : envelope)[member] = text;
        Assert.NotEmpty(Refusal(Encoding.UTF8.GetBytes(envelope.ToJsonString())));
    }

    [Theory]
    [InlineData("https://in-toto.io/Statement/v9", "https://slsa.dev/provenance/v0.2", """{"builder":{"id":"b"}}""")]
    [InlineData("https://in-toto.io/Statement/v0.1", "https://slsa.dev/provenance/v0.1", """{"builder":{"id":"b"}}""")]
    [InlineData("https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1", """{"builder":{"id":"b"}}""")]
    [InlineData("https://in-toto.io/Statement/v1", "https://example.com/another", """{"runDetails":{"builder":{"id":"b"}}}""")]
    public void What_is_no_provenance_is_refused(string type, string predicateType, string predicate) =>
        Assert.NotEmpty(Refusal(SignedDocuments.Envelope(Statement(type, predicateType, predicate), _builder)));

    [Theory]
    [InlineData("""{"sha1":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    [InlineData("""{"gitCommit":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    [InlineData("""{"sha256":"aa"}""")]
    [InlineData("{}")]
    public void A_product_needs_a_digest_that_holds(string digest) =>
        Assert.NotEmpty(Refusal(SignedDocuments.Envelope(Statement02(digest), _builder)));

    [Fact]
    public void Weak_digests_beside_a_good_one_say_nothing()
    {
        var digests = $$"""{"sha1":"{{SignedDocuments.Digest('b', 40)}}","sha256":"{{SignedDocuments.Digest('a')}}"}""";
        var value = Assert.Single(Read(SignedDocuments.Envelope(Statement02(digests), _builder)).Extracted.Values).Value!;
        Assert.Equal($"[\"{SignedDocuments.Digest('a')}\"]", value.ToJsonString());
    }

    private static string Statement02(string? digest = null) => Statement(
        "https://in-toto.io/Statement/v0.1", "https://slsa.dev/provenance/v0.2", """{"builder":{"id":"https://builder.example/v1"}}""", digest);

    private static string Statement(string type, string predicateType, string predicate, string? digest = null) => $$"""
        {"_type":"{{type}}","predicateType":"{{predicateType}}","predicate":{{predicate}},
        "subject":[{"name":"kernel","digest":{{digest ?? $"{{\"sha256\":\"{SignedDocuments.Digest('a')}\"}}"}}}]}
        """;

    private ReferenceValueDocument Read(byte[] envelope) => SignedDocuments.Read("slsa", envelope, SignedDocuments.Believe("slsa", _builder));

    private string Refusal(byte[] envelope, ReferenceValueTrust? trust = null) => Assert.Throws<MalformedDataException>(
        () => SignedDocuments.Read("slsa", envelope, trust ?? SignedDocuments.Believe("slsa", _builder))).Message;
}
