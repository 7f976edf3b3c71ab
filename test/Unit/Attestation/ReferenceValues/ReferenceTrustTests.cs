using System.Security.Cryptography;
using System.Text;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>The files of those who are believed, and the message that carries a document.</summary>
[Trait("Group", "TrustReferences")]
public sealed class ReferenceTrustTests
{
    [Fact]
    public void A_file_may_hold_several_keys()
    {
        using var one = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var other = RSA.Create(2048);
        var pem = $"# ours\n{one.ExportSubjectPublicKeyInfoPem()}\n{other.ExportSubjectPublicKeyInfoPem()}\n";
        Assert.Equal(2, ReferenceSigner.FromPem(null, pem).Select(signer => signer.Key.Fingerprint).Distinct().Count());
    }

    [Fact]
    public void Private_keys_and_empty_files_are_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Throws<MalformedDataException>(() => ReferenceSigner.FromPem(null, key.ExportPkcs8PrivateKeyPem()));
        Assert.Throws<MalformedDataException>(() => ReferenceSigner.FromPem(null, "nothing"));
    }

    [Theory]
    [InlineData("""{"type":"sample","payload":"eyJhIjoxfQ==","state":"revoked"}""")]
    [InlineData("""{"type":"sample","payload":"eyJhIjoxfQ==","expiration":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"type":"sample","payload":"eyJhIjoxfQ==","expiration":"soon"}""")]
    [InlineData("""{"type":"other","payload":"eyJhIjoxfQ=="}""")]
    [InlineData("""{"type":"sample","payload":"eyJhIjoxfQ==","more":1}""")]
    public void A_message_that_says_something_else_is_refused(string message) => Assert.Throws<MalformedDataException>(
        () => ReferenceValueMessage.Parse(Encoding.UTF8.GetBytes(message), ReferenceValueTrust.None, SignedDocuments.Now));

    [Fact]
    public void A_message_may_stage_and_end_its_values()
    {
        var message = """{"type":"sample","payload":"eyJhIjoxfQ==","state":"staged","expiration":"2027-01-01T00:00:00Z"}""";
        var document = ReferenceValueMessage.Parse(Encoding.UTF8.GetBytes(message), ReferenceValueTrust.None, SignedDocuments.Now);
        Assert.True(document.IsStaged);
        Assert.Equal(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), document.Expiration);
        Assert.Equal("sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862", document.Digest);
    }
}
