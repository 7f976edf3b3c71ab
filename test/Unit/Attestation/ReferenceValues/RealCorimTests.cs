using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>
/// Who signed a CoRIM: a key that is given, or one whose certificate (<c>x5chain</c>, RFC 9360) is below an authority that is given.
/// </summary>
[Trait("Group", "TrustReferences")]
public sealed class RealCorimTests(RealCorims corims) : IClassFixture<RealCorims>
{
    public static TheoryData<string> Algorithms() => ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void A_key_that_is_given_may_sign_by_each_algorithm_of_its_kind(string algorithm)
    {
        Assert.Single(Read(algorithm, algorithm).Extracted.Values);
        foreach (var other in Algorithms().Select(row => row.Data).Where(other => other != algorithm))
            Refusal(algorithm, other);

        var document = corims.Document(algorithm);
        document[^1] ^= 1;
        Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("corim", document, Trust(algorithm)));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void A_certificate_below_an_authority_may_sign_too(string algorithm)
    {
        var signer = Assert.Single(Trust(algorithm).Signers).Key.Fingerprint;
        foreach (var header in (string[])["protected", "unprotected"])
        {
            var extracted = Read($"{algorithm} {header}", "root").Extracted;
            Assert.Equal([signer], extracted.Signers);

            // printf firmware | sha256sum
            var (name, value) = Assert.Single(extracted.Values);
            Assert.Equal("ACME/Rocket/claim7/digests", name);
            Assert.Equal("""["c3bf47ea1f4a4a605470313cacb3a44f4a461f68c6faeab07e737610cb5ac835"]""", value!.ToJsonString());
        }

        Assert.Equal([signer], Read($"{algorithm} protected", algorithm).Extracted.Signers);
    }

    [Theory]
    [InlineData("one certificate")]
    [InlineData("with its root")]
    [InlineData("critical")]
    public void Other_ways_to_write_a_chain_are_read(string document) => Assert.Single(Read(document, "root").Extracted.Values);

    [Theory]
    [InlineData("no certificate", "is of none of the 1")]
    [InlineData("critical but absent", "must be understood and be there")]
    [InlineData("in both headers", "is in the protected header already")]
    [InlineData("issuer missing", "is of none of the 1")]
    [InlineData("issuer first", "is of none of the 1")]
    [InlineData("other key", "is of none of the 1")]
    [InlineData("other root", "is of none of the 1")]
    [InlineData("leaf over", "is of none of the 1")]
    [InlineData("leaf to come", "is of none of the 1")]
    [InlineData("issuer over", "is of none of the 1")]
    [InlineData("issuer no authority", "is of none of the 1")]
    [InlineData("leaf not for signatures", "is of none of the 1")]
    [InlineData("no certificates of DER", "x509.certificate")]
    public void A_chain_that_does_not_hold_proves_nothing(string document, string reason) =>
        Assert.Contains(reason, Refusal(document, "root"), StringComparison.Ordinal);

    private ReferenceValueTrust Trust(string pem) => new() { Signers = ReferenceSigner.FromPem("corim", corims.Pem(pem)) };

    private ReferenceValueDocument Read(string document, string pem) => SignedDocuments.Read("corim", corims.Document(document), Trust(pem));

    private string Refusal(string document, string pem) => Assert.Throws<MalformedDataException>(() => Read(document, pem)).Message;
}
