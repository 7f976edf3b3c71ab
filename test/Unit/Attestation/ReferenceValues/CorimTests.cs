using System.Security.Cryptography;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>Signed CoRIM: upstream's names, the signature, and how long both may be used.</summary>
[Trait("Group", "TrustReferences")]
public sealed class CorimTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Reference_triples_have_upstreams_names()
    {
        var document = SignedDocuments.Read("corim", Sign(SignedCorims.Manifest()), SignedDocuments.Believe(null, _key));

        var values = document.Extracted.Values.ToDictionary(value => value.Name, value => value.Value!.ToJsonString());
        Assert.Equal($"[\"{SignedDocuments.Digest('a')}\",\"{SignedDocuments.Digest('b')}\"]", values["ACME_Ltd/Rocket/claim7/digests"]);
        Assert.Equal("\"0102\"", values["ACME_Ltd/Rocket/firmware/raw_bytes"]);
        Assert.Equal(2, values.Count);
    }

    [Fact]
    public void Values_end_with_the_manifest_or_its_signature()
    {
        Assert.Null(Read(Sign(SignedCorims.Manifest())).Extracted.Expires);
        Assert.Equal(SignedCorims.Time(9), Read(Sign(SignedCorims.Manifest(until: 9))).Extracted.Expires);
        Assert.Equal(SignedCorims.Time(5), Read(Sign(SignedCorims.Manifest(until: 9), until: 5)).Extracted.Expires);
        Assert.Contains("validity", Refusal(Sign(SignedCorims.Manifest(until: -1))), StringComparison.Ordinal);
        Assert.Contains("validity", Refusal(Sign(SignedCorims.Manifest(), until: -1)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unsigned_manifest_is_taken_only_when_configured()
    {
        Assert.Contains("(signature)", Refusal(SignedCorims.Manifest()), StringComparison.Ordinal);

        var trust = SignedDocuments.Believe("corim", _key) with { AcceptUnsigned = true };
        Assert.Empty(SignedDocuments.Read("corim", SignedCorims.Manifest(), trust).Extracted.Signers);

        // A signature that is there is never passed over.
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("corim", Sign(SignedCorims.Manifest(), key: other), trust));
    }

    [Fact]
    public void Every_changed_bit_is_noticed()
    {
        var signed = Sign(SignedCorims.Manifest());
        var trust = SignedDocuments.Believe("corim", _key);
        for (var i = 0; i < signed.Length; i++)
        {
            var changed = (byte[])signed.Clone();
            changed[i] ^= 0x10;
            Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("corim", changed, trust));
        }
    }

    private ReferenceValueDocument Read(byte[] document) => SignedDocuments.Read("corim", document, SignedDocuments.Believe("corim", _key));

    private string Refusal(byte[] document) => Assert.Throws<MalformedDataException>(() => Read(document)).Message;

    private byte[] Sign(byte[] manifest, int? until = null, ECDsa? key = null) => SignedCorims.Sign(manifest, key ?? _key, until);
}
