using System.Security.Cryptography;
using Nacre.Attestation.ReferenceValues;
using Nacre.ConformanceTests.Evidence;
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
        var document = SignedDocuments.Read("corim", Sign(Manifest()), SignedDocuments.Believe(null, _key));

        var values = document.Extracted.Values.ToDictionary(value => value.Name, value => value.Value!.ToJsonString());
        Assert.Equal($"[\"{SignedDocuments.Digest('a')}\",\"{SignedDocuments.Digest('b')}\"]", values["ACME_Ltd/Rocket/claim7/digests"]);
        Assert.Equal("\"0102\"", values["ACME_Ltd/Rocket/firmware/raw_bytes"]);
        Assert.Equal(2, values.Count);
    }

    [Fact]
    public void Values_end_with_the_manifest_or_its_signature()
    {
        Assert.Null(Read(Sign(Manifest())).Extracted.Expires);
        Assert.Equal(Time(9), Read(Sign(Manifest(until: 9))).Extracted.Expires);
        Assert.Equal(Time(5), Read(Sign(Manifest(until: 9), until: 5)).Extracted.Expires);
        Assert.Contains("validity", Refusal(Sign(Manifest(until: -1))), StringComparison.Ordinal);
        Assert.Contains("validity", Refusal(Sign(Manifest(), until: -1)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unsigned_manifest_is_taken_only_when_configured()
    {
        Assert.Contains("(signature)", Refusal(Manifest()), StringComparison.Ordinal);

        var trust = SignedDocuments.Believe("corim", _key) with { AcceptUnsigned = true };
        Assert.Empty(SignedDocuments.Read("corim", Manifest(), trust).Extracted.Signers);

        // A signature that is there is never passed over.
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("corim", Sign(Manifest(), key: other), trust));
    }

    [Fact]
    public void Every_changed_bit_is_noticed()
    {
        var signed = Sign(Manifest());
        var trust = SignedDocuments.Believe("corim", _key);
        for (var i = 0; i < signed.Length; i++)
        {
            var changed = (byte[])signed.Clone();
            changed[i] ^= 0x10;
            Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("corim", changed, trust));
        }
    }

    private static DateTimeOffset Time(int days) => SignedDocuments.Now.AddDays(days);

    private ReferenceValueDocument Read(byte[] document) => SignedDocuments.Read("corim", document, SignedDocuments.Believe("corim", _key));

    private string Refusal(byte[] document) => Assert.Throws<MalformedDataException>(() => Read(document)).Message;

    private static byte[] Manifest(int? until = null)
    {
        var environment = Map((0, Map((1, CborBytes.Text("ACME Ltd")), (2, CborBytes.Text("Rocket")))));
        var triple = CborBytes.Array(
            environment,
            CborBytes.Array(
                Measurement(CborBytes.Integer(7), 2, Digests('a')), Measurement(CborBytes.Integer(7), 2, Digests('b')),
                Measurement(CborBytes.Text("firmware"), 4, CborBytes.Tag(560, CborBytes.Bytes([1, 2])))));
        var comid = Map((1, Map((0, CborBytes.Text("comid")))), (4, Map((0, CborBytes.Array(triple)))));
        var manifest = new List<(int, byte[])> { (0, CborBytes.Text("corim")), (1, CborBytes.Array(CborBytes.Tag(506, CborBytes.Bytes(comid)))) };
        if (until is { } days)
            manifest.Add((4, Validity(days)));
        return CborBytes.Tag(501, Map([.. manifest]));
    }

    private byte[] Sign(byte[] manifest, int? until = null, ECDsa? key = null)
    {
        var meta = new List<(int, byte[])> { (0, Map((0, CborBytes.Text("signer")))) };
        if (until is { } days)
            meta.Add((1, Validity(days)));
        var header = Map((1, CborBytes.Integer(-7)), (3, CborBytes.Text("application/rim+cbor")), (8, CborBytes.Bytes(Map([.. meta]))));
        var signed = CborBytes.Array(CborBytes.Text("Signature1"), CborBytes.Bytes(header), CborBytes.Bytes([]), CborBytes.Bytes(manifest));
        var signature = (key ?? _key).SignData(signed, HashAlgorithmName.SHA256);
        return CborBytes.Tag(18, CborBytes.Array(CborBytes.Bytes(header), Map(), CborBytes.Bytes(manifest), CborBytes.Bytes(signature)));
    }

    private static byte[] Validity(int days) => Map((1, CborBytes.Tag(1, CborBytes.Integer(Time(days).ToUnixTimeSeconds()))));

    private static byte[] Measurement(byte[] key, int label, byte[] value) => Map((0, key), (1, Map((label, value))));

    private static byte[] Digests(char digit) =>
        CborBytes.Array(CborBytes.Array(CborBytes.Integer(1), CborBytes.Bytes(Convert.FromHexString(SignedDocuments.Digest(digit)))));

    private static byte[] Map(params (int Label, byte[] Value)[] pairs) =>
        CborBytes.Map([.. pairs.Select(pair => (CborBytes.Integer(pair.Label), pair.Value))]);
}
