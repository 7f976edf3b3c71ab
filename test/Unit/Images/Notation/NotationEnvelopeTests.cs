using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Images.Signatures.Notation;

namespace Nacre.UnitTests.Images.Notation;

/// <summary>The rules for envelopes and certificates, each broken alone.</summary>
[Trait("Group", "ImagesNotation")]
public sealed class NotationEnvelopeTests : IDisposable
{
    private static readonly byte[] s_payload = NotationAuthority.Payload("application/vnd.oci.image.manifest.v1+json", "sha256:" + new string('a', 64), 7);
    private readonly NotationAuthority _authority = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static TheoryData<string, string> BrokenHeaders => new()
    {
        { """{"crit":["io.cncf.notary.signingScheme","x"],"x":"y"}""", "names 'x', which is not understood" },
        { """{"crit":["io.cncf.notary.signingScheme","io.cncf.notary.expiry"]}""", "names 'io.cncf.notary.expiry', which is not there" },
        { """{"crit":[]}""", "must be a list of 1 to" },
        { """{"io.cncf.notary.expiry":"2030-01-01T00:00:00Z"}""", "does not name 'io.cncf.notary.expiry'" },
        { """{"io.cncf.notary.signingScheme":"notary.x510"}""", "is 'notary.x510'" },
        { """{"io.cncf.notary.signingScheme":"notary.x509.signingAuthority"}""", "must be the only one: the signing time of the other scheme" },
        { """{"io.cncf.notary.signingTime":null}""", "signingTime at 0x000: is missing" },
        { """{"io.cncf.notary.signingTime":"2025-07-01T00:00:00"}""", "must be a time by RFC 3339" },
        { """{"io.cncf.notary.signingTime":"2027-07-01T00:00:00Z"}""", "SecureBuilder is valid from 2025-01-01 00:00:00Z to 2026-01-01 00:00:00Z, not at 2027" },
        { """{"io.cncf.notary.verificationPlugin":"com.example.plugin"}""", "asks for the verification plugin 'com.example.plugin'" },
        { """{"cty":"application/json"}""", "content type at 0x000: is 'application/json'" },
        { """{"alg":"none"}""", "the algorithm none where the key P-256 fixes ES256" },
        { """{"alg":"PS256"}""", "the algorithm PS256 where the key P-256 fixes ES256" },
    };

    [Theory]
    [InlineData("P-256", "ES256", -7)]
    [InlineData("P-384", "ES384", -35)]
    [InlineData("P-521", "ES512", -36)]
    [InlineData("RSA-2048", "PS256", -37)]
    [InlineData("RSA-3072", "PS384", -38)]
    public void Each_key_signs_with_its_own_algorithm(string kind, string name, int number)
    {
        using AsymmetricAlgorithm key = kind.StartsWith("RSA", StringComparison.Ordinal)
            ? RSA.Create(int.Parse(kind[4..], System.Globalization.CultureInfo.InvariantCulture))
            : ECDsa.Create(ECCurve.CreateFromFriendlyName("nist" + kind.Replace("-", "", StringComparison.Ordinal)));
        using var signer = _authority.IssueSigner(key);
        Assert.Null(NotationEnvelope.Parse(NotationEnvelope.JwsType, _authority.Jws(s_payload, key, signer, NotationAuthority.JwsHeader(name))).FindProblem());
        Assert.Null(NotationEnvelope.Parse(NotationEnvelope.CoseType, _authority.Cose(s_payload, key, signer, number)).FindProblem());

        var other = NotationEnvelope.Parse(NotationEnvelope.CoseType, _authority.Cose(s_payload, key, signer, number)) with { Algorithm = "ES999" };
        Assert.Contains($"fixes {name}", other.FindProblem(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BrokenHeaders))]
    public void A_header_that_breaks_a_rule_is_refused(string change, string expected)
    {
        var header = NotationAuthority.JwsHeader();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
            header[name] = value?.DeepClone();
        using var signer = _authority.IssueSigner(_key);
        Assert.Contains(expected, FindProblem(_authority.Jws(s_payload, _key, signer, header)), StringComparison.Ordinal);
    }

    [Fact]
    public void Critical_headers_of_COSE_must_be_understood_and_there()
    {
        using var signer = _authority.IssueSigner(_key);
        foreach (var critical in (string[][])[["io.cncf.notary.signingScheme", "x"], ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"], ["io.cncf.notary.signingTime"], []])
            Assert.Throws<MalformedDataException>(() => NotationEnvelope.Parse(NotationEnvelope.CoseType, _authority.Cose(s_payload, _key, signer, critical: critical)));
        Assert.Throws<MalformedDataException>(() => NotationEnvelope.Parse("application/json", _authority.Cose(s_payload, _key, signer)));
    }

    [Fact]
    public void Certificates_that_are_not_for_signing_images_are_refused()
    {
        Refuses("has no critical key usage", criticalUse: false);
        Refuses("must not sign data (digitalSignature)", use: X509KeyUsageFlags.NonRepudiation);
        Refuses("has the key usage of bit 2", use: X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment);
        Refuses("has the key usage of bit 5", use: X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign);
        Refuses("is that of an authority", isAuthority: true);
        Refuses("has the purpose timeStamping", purposes: ["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"]);
        Refuses("has the purpose serverAuth", purposes: ["1.3.6.1.5.5.7.3.1"]);
        Refuses("code signing is not among them", purposes: ["1.3.6.1.4.1.311.2.1.21"]);

        // No purposes at all are allowed, and so is content commitment.
        using var plain = _authority.IssueSigner(_key, use: X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation, purposes: []);
        Assert.Null(FindProblem(_authority.Jws(s_payload, _key, plain)));

        void Refuses(
            string expected, X509KeyUsageFlags use = X509KeyUsageFlags.DigitalSignature, bool criticalUse = true, string[]? purposes = null, bool isAuthority = false)
        {
            using var signer = _authority.IssueSigner(_key, use: use, criticalUse: criticalUse, purposes: purposes, isAuthority: isAuthority);
            Assert.Contains(expected, FindProblem(_authority.Jws(s_payload, _key, signer)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Chains_that_are_none_are_refused()
    {
        using var signer = _authority.IssueSigner(_key);
        Assert.Contains("the chain to a root is missing", Chain(signer), StringComparison.Ordinal);
        Assert.Contains("which is no root", Chain(signer, _authority.Middle), StringComparison.Ordinal);
        Assert.Contains("the chain is not one", Chain(signer, _authority.Root), StringComparison.Ordinal);
        Assert.Contains("the chain is not one", Chain(signer, _authority.Root, _authority.Middle), StringComparison.Ordinal);
        Assert.Contains("is that of an authority", Chain(_authority.Root), StringComparison.Ordinal);
        using var other = new NotationAuthority();
        Assert.Contains("the chain is not one", Chain(signer, other.Middle, other.Root), StringComparison.Ordinal);

        using var shallow = new NotationAuthority(pathLength: 0);
        using var below = shallow.IssueSigner(_key);
        Assert.Contains("allows 0 authorities below it", FindProblem(shallow.Jws(s_payload, _key, below)), StringComparison.Ordinal);
        using var lax = new NotationAuthority(criticalUse: false);
        using var under = lax.IssueSigner(_key);
        Assert.Contains("the authority Issuing has no critical key usage", FindProblem(lax.Jws(s_payload, _key, under)), StringComparison.Ordinal);

        static string? Chain(params X509Certificate2[] chain) => NotationChain.FindProblem([.. chain.Select(one => Certificate.Parse(one.RawData))]);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_seen_or_changes_nothing_that_was_signed()
    {
        using var signer = _authority.IssueSigner(_key);
        foreach (var (type, bytes) in ((string, byte[])[])[(NotationEnvelope.JwsType, _authority.Jws(s_payload, _key, signer)), (NotationEnvelope.CoseType, _authority.Cose(s_payload, _key, signer))])
        {
            var right = NotationEnvelope.Parse(type, bytes);
            for (var i = 0; i < bytes.Length; i++)
            {
                var changed = bytes.ToArray();
                changed[i] ^= 1;
                try
                {
                    var envelope = NotationEnvelope.Parse(type, changed);
                    if (envelope.FindProblem() is null)
                        Assert.True(envelope.Payload.Span.SequenceEqual(right.Payload.Span) && envelope.Attributes == right.Attributes, $"{type}, byte {i}");
                }
                catch (MalformedDataException)
                {
                    // Seen.
                }
            }
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    private static string? FindProblem(byte[] jws)
    {
        try
        {
            return NotationEnvelope.Parse(NotationEnvelope.JwsType, jws).FindProblem();
        }
        catch (MalformedDataException e)
        {
            return e.Message;
        }
    }
}
