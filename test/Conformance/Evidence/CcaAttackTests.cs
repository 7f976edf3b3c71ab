using System.Security.Cryptography;
using System.Text;
using Nacre.Evidence.Cca;
using Nacre.Formats;
using Nacre.Verifiers;
using Nacre.Verifiers.Cca;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Attacks on tokens of Arm CCA, each refused by the check that is there for it.</summary>
[Trait("Group", "EvidenceCca")]
public sealed class CcaAttackTests
{
    private static readonly EvidenceSubmission s_submission = new() { Evidence = default, At = OwnNitro.At };
    private static readonly Lazy<CcaVerifier> s_public = new(() => Verifier("cca/rust-ccatoken/ta-tfa.json"));

    private static byte[] PublicToken => SharedVectors.Read("cca/tokens/rust-ccatoken_01.cbor");

    [Theory]
    [InlineData("trustee_cca-example-token", "trustee/tastore.json")]
    [InlineData("rust-ccatoken_01", "rust-ccatoken/ta-tfa.json")]
    [InlineData("rust-ccatoken_02", "rust-ccatoken/ta-02-ok.json")]
    [InlineData("tfm_cca_example_token", "trustee/tastore.json")]
    [InlineData("tfm_cca_token", "trustee/tastore.json")]
    public void Public_tokens_of_both_forms_verify_under_their_anchors(string token, string anchors) => Assert.IsType<Verified>(
        Verifier($"cca/{anchors}").VerifyToken(SharedVectors.Read($"cca/tokens/{token}.cbor"), s_submission));

    [Fact]
    public void No_truncation_and_no_trailing_byte_verifies() =>
        MutationAttacks.NoTruncationAndNoTrailingByteVerifies(PublicToken, VerifyPublic);

    [Fact]
    public void Claims_have_the_names_of_upstream()
    {
        var verdict = new OwnCca().Verify(reportData: OwnCca.Challenge, initData: OwnCca.Personalization);
        var claims = Assert.IsType<Verified>(verdict).Claims[0].Claims;
        Assert.Equal(Convert.ToHexStringLower(OwnCca.Challenge), claims["report_data"]!.GetValue<string>());
        Assert.Equal(Convert.ToHexStringLower(OwnCca.Personalization), claims["init_data"]!.GetValue<string>());
        Assert.Equal(Convert.ToBase64String(OwnCca.Challenge), claims["realm"]!["cca-realm-challenge"]!.GetValue<string>());
        Assert.Equal(4, claims["realm"]!["cca-realm-extensible-measurements"]!.AsArray().Count);
        Assert.Equal(0x3000, claims["platform"]!["cca-platform-lifecycle"]!.GetValue<int>());
        Assert.All(
            ["cca-realm-personalization-value", "cca-realm-initial-measurement", "cca-realm-hash-algo-id"],
            name => Assert.NotNull(claims["realm"]![name]));
        Assert.All(["cca-platform-instance-id", "cca-platform-implementation-id"], name => Assert.NotNull(claims["platform"]![name]));
    }

    [Fact]
    public void Report_data_and_init_data_are_compared_to_the_last_byte()
    {
        var cca = new OwnCca();
        var challenge = OwnCca.Challenge;
        foreach (var wrong in new byte[][] { [], challenge[..63], challenge[..48], [.. challenge, 0], [.. challenge[..63], 0] })
            Assert.Equal(["cca.report_data"], cca.Verify(reportData: wrong).Failures());
        foreach (var wrong in new byte[][] { [], OwnCca.Personalization[..63], [.. OwnCca.Personalization, 0], new byte[64] })
            Assert.Equal(["cca.init_data"], cca.Verify(initData: wrong).Failures());

        cca.Realm[10] = CborBytes.Bytes([.. OwnCca.Challenge[..48], .. new byte[16]]);
        Assert.IsType<Verified>(cca.Verify(reportData: OwnCca.Challenge[..48]));
    }

    [Fact]
    public void Refuses_a_realm_key_that_the_platform_does_not_vouch_for()
    {
        var (cca, other) = (new OwnCca(), new OwnCca());
        var mixed = OwnCca.Collection(
            CcaToken.LegacyCollection, (44234, CborBytes.Bytes(cca.SignPlatform())), (44241, CborBytes.Bytes(other.SignRealm())));
        Assert.Equal(["cca.binding"], cca.Verify(mixed).Failures());

        // The hash of the algorithm that the realm names, and of no other.
        cca.Realm[44240] = CborBytes.Text("sha-512");
        Assert.Equal(["cca.binding"], cca.Verify().Failures());
    }

    [Fact]
    public void Refuses_signatures_by_other_keys()
    {
        var (cca, other) = (new OwnCca(), new OwnCca());
        cca.SetRealmKey(other.CoseKey());
        Assert.Equal(["cca.realm.signature"], cca.Verify().Failures());

        var token = new OwnCca().Token();
        Assert.Equal(["cca.platform.signature"], other.Verify(token).Failures());
        Assert.Equal(["cca.platform.anchor"], new CcaVerifier(new()).VerifyToken(token, s_submission).Failures());
        Assert.Equal(["cca.platform.anchor"], VerifyPublic(token).Failures());
    }

    [Theory]
    [InlineData(0x0000)]
    [InlineData(0x1000)]
    [InlineData(0x20ff)]
    [InlineData(0x4000)]
    [InlineData(0x5001)]
    [InlineData(0x6000)]
    public void Refuses_platforms_that_are_not_secured_unless_they_are_allowed(int lifecycle)
    {
        var cca = new OwnCca();
        cca.Platform[2395] = CborBytes.Integer(lifecycle);
        Assert.Equal(["cca.platform.lifecycle"], cca.Verify().Failures());
        Assert.IsType<Verified>(cca.Verify(options: new() { AllowUnsecuredPlatform = true }));
    }

    [Fact]
    public void Every_curve_verifies_with_its_own_algorithm()
    {
        foreach (var curve in new[] { ECCurve.NamedCurves.nistP256, ECCurve.NamedCurves.nistP384, ECCurve.NamedCurves.nistP521 })
            Assert.IsType<Verified>(new OwnCca(curve, curve).Verify());
    }

    [Fact]
    public void A_realm_without_profile_has_a_bare_point_of_p384()
    {
        var cca = new OwnCca();
        cca.Realm.Remove(265);
        cca.SetRealmKey(cca.Point());
        Assert.IsType<Verified>(cca.Verify());

        cca.SetRealmKey([2, .. cca.Point()[1..]]);
        Assert.Equal(["cca.realm.signature"], cca.Verify().Failures());
        cca.SetRealmKey([.. cca.Point()[..96], (byte)(cca.Point()[96] ^ 1)]);
        Assert.Equal(["cca.realm.signature"], cca.Verify().Failures());
        cca.SetRealmKey(cca.CoseKey());
        Assert.Equal("cca.realm.44237", Format(cca));
    }

    [Fact]
    public void A_key_of_cose_is_what_it_says()
    {
        var cca = new OwnCca();
        cca.SetRealmKey(cca.CoseKey((CborBytes.Integer(3), CborBytes.Integer(-35)), (CborBytes.Integer(2), CborBytes.Bytes([1]))));
        Assert.IsType<Verified>(cca.Verify());

        var key = cca.CoseKey();
        foreach (var wrong in new[]
        {
            cca.CoseKey((CborBytes.Integer(3), CborBytes.Integer(-7))),
            cca.CoseKey((CborBytes.Integer(1), CborBytes.Integer(2))),
            [.. key, 0],
            [0xa4, 1, 3, .. key[3..]],
            [0xa4, 1, 2, 0x20, 8, .. key[5..]],
            [.. key[..^50], 0xf5],
            [.. key[..^1], (byte)(key[^1] ^ 1)],
            [0xa0],
            [],
        })
        {
            cca.SetRealmKey(wrong);
            Assert.Equal(["cca.realm.signature"], cca.Verify().Failures());
        }
    }

    [Fact]
    public void R_and_s_out_of_range_never_verify()
    {
        var cca = new OwnCca();
        var (platform, realm) = (cca.SignPlatform(), cca.SignRealm());
        foreach (var value in CoseBytes.OutOfRangeP384)
        {
            Assert.Equal(["cca.platform.signature"], Joined([.. platform[..^96], .. value, .. platform[^48..]], realm));
            Assert.Equal(["cca.platform.signature"], Joined([.. platform[..^48], .. value], realm));
            Assert.Equal(["cca.realm.signature"], Joined(platform, [.. realm[..^96], .. value, .. realm[^48..]]));
            Assert.Equal(["cca.realm.signature"], Joined(platform, [.. realm[..^48], .. value]));
        }

        IEnumerable<string> Joined(byte[] platform, byte[] realm) => cca.Verify(
            OwnCca.Collection(CcaToken.LegacyCollection, (44234, CborBytes.Bytes(platform)), (44241, CborBytes.Bytes(realm)))).Failures();
    }

    [Fact]
    public void A_collection_has_one_of_two_forms()
    {
        var cca = new OwnCca();
        var (platform, realm) = (CborBytes.Bytes(cca.SignPlatform()), CborBytes.Bytes(cca.SignRealm()));
        var (framedPlatform, framedRealm) = (Framed(263, platform), Framed(263, realm));
        Assert.IsType<Verified>(cca.Verify(OwnCca.Collection(399, (44234, platform), (44241, realm))));
        Assert.IsType<Verified>(cca.Verify(OwnCca.Collection(399, (44241, realm), (44234, platform))));
        Assert.IsType<Verified>(cca.Verify(OwnCca.Collection(907, (44234, framedPlatform), (44241, framedRealm))));
        foreach (var wrong in new[]
        {
            OwnCca.Collection(400, (44234, platform), (44241, realm)),
            OwnCca.Collection(399, (44234, framedPlatform), (44241, framedRealm)),
            OwnCca.Collection(907, (44234, platform), (44241, realm)),
            OwnCca.Collection(907, (44234, Framed(262, platform)), (44241, framedRealm)),
            OwnCca.Collection(907, (44234, CborBytes.Array(CborBytes.Integer(263), platform, platform)), (44241, framedRealm)),
            OwnCca.Collection(399, (44234, platform)),
            OwnCca.Collection(399, (44241, realm)),
            OwnCca.Collection(399, (44234, platform), (44234, platform)),
            OwnCca.Collection(399, (44234, platform), (44241, realm), (1, [0])),
            OwnCca.Collection(399, (44234, realm), (44241, platform)),
            OwnCca.Collection(399, (44234, platform), (44241, CborBytes.Text("realm"))),
            CborBytes.Tag(399, OwnCca.Collection(399, (44234, platform), (44241, realm))),
            [0xd9, 0x01, 0x8f, 0xbf, .. OwnCca.Collection(399, (44234, platform), (44241, realm))[4..], 0xff],
            [0xda, 0x00, 0x00, .. OwnCca.Collection(399, (44234, platform), (44241, realm))[1..]],
        })
            cca.Verify(wrong).OnlyFailure("cca.evidence.format");

        static byte[] Framed(long format, byte[] token) => CborBytes.Array(CborBytes.Integer(format), token);
    }

    [Fact]
    public void Mandatory_claims_must_be_there()
    {
        foreach (var label in new OwnCca().Platform.Keys)
        {
            var cca = new OwnCca();
            cca.Platform.Remove(label);
            Assert.Equal($"cca.platform.{label}", Format(cca));
        }

        foreach (var label in new OwnCca().Realm.Keys.Where(label => label != 265))
        {
            var cca = new OwnCca();
            cca.Realm.Remove(label);
            Assert.Equal($"cca.realm.{label}", Format(cca));
        }
    }

    [Theory]
    [InlineData(265, "64656c7365")]
    [InlineData(10, "41ff")]
    [InlineData(2396, "4100")]
    [InlineData(256, "4100")]
    [InlineData(2395, "190700")]
    [InlineData(2395, "197000")]
    [InlineData(2395, "20")]
    [InlineData(2395, "1a00013000")]
    [InlineData(2402, "636d6435")]
    [InlineData(2400, "60")]
    [InlineData(2399, "80")]
    [InlineData(2399, "9bffffffffffffffff")]
    [InlineData(2401, "5bffffffffffffffff")]
    [InlineData(2401, "5a7fffffff")]
    [InlineData(2401, "f90000")]
    public void Refuses_a_platform_claim_that_breaks_its_rule(long label, string value)
    {
        var cca = new OwnCca();
        cca.Platform.Remove(label);
        cca.Platform[label] = Convert.FromHexString(value);
        Assert.Equal($"cca.platform.{label}", Format(cca));
    }

    [Theory]
    [InlineData(265, "64656c7365")]
    [InlineData(10, "4100")]
    [InlineData(44235, "4100")]
    [InlineData(44236, "636d6435")]
    [InlineData(44240, "636d6435")]
    [InlineData(44238, "4100")]
    [InlineData(44239, "80")]
    [InlineData(44239, "8441004100410041")]
    [InlineData(44239, "844100410041004100")]
    [InlineData(44239, "854100410041004100")]
    [InlineData(44237, "59020100")]
    [InlineData(256, "4701")]
    [InlineData(256, "4702000000000000")]
    [InlineData(44243, "02")]
    [InlineData(44243, "20")]
    public void Refuses_a_realm_claim_that_breaks_its_rule(long label, string value)
    {
        var cca = new OwnCca();
        cca.Realm.Remove(label);
        cca.Realm[label] = Convert.FromHexString(value);
        Assert.Equal($"cca.realm.{label}", Format(cca));
    }

    [Fact]
    public void A_claim_nobody_knows_is_skipped_unless_it_is_too_deep_or_says_two_things()
    {
        var cca = new OwnCca();
        cca.Platform[-75000] = [.. Enumerable.Repeat((byte)0x81, 15), 0];
        cca.Realm[99] = [0xa2, 1, 1, 2, 1];
        Assert.IsType<Verified>(cca.Verify());

        cca.Platform[-75000] = [.. Enumerable.Repeat((byte)0x81, 10_000), 0];
        Assert.Equal("cca.platform.-75000", Format(cca));
        cca.Platform.Remove(-75000);
        cca.Realm[99] = [0xa2, 1, 1, 1, 1];
        Assert.Equal("cca.realm.99", Format(cca));
    }

    [Theory]
    [InlineData("@", true)]
    [InlineData("@,0", false)]
    [InlineData("@,256", false)]
    [InlineData("@,-1", false)]
    [InlineData("@,1.5", false)]
    [InlineData("@,\"0\"", false)]
    [InlineData("", false)]
    public async Task Evidence_in_json_is_a_list_of_bytes(string list, bool isEvidence)
    {
        var cca = new OwnCca();
        var json = $$"""{"token":[{{list.Replace("@", string.Join(',', cca.Token()), StringComparison.Ordinal)}}]}""";
        var verdict = await new CcaVerifier(new() { TrustAnchors = cca.Anchors }).VerifyAsync(
            s_submission with { Evidence = Encoding.ASCII.GetBytes(json) }, default);
        Assert.Equal(isEvidence, verdict is Verified);
        if (!isEvidence)
            verdict.OnlyFailure("cca.evidence.format");
    }

    [Fact]
    public void A_store_of_anchors_says_each_thing_once()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var entry = Encoding.UTF8.GetString(Entry(OwnCca.Jwk(key)));
        Assert.Equal(1, CcaTrustAnchors.FromJson(Encoding.UTF8.GetBytes($"[{entry}]")).Count);
        foreach (var wrong in new[]
        {
            $"[{entry},{entry}]",
            entry,
            $"[{entry.Replace("P-256", "P-384", StringComparison.Ordinal)}]",
            $"[{entry.Replace("EC", "OKP", StringComparison.Ordinal)}]",
            $"[{entry.Replace("00", "0", StringComparison.Ordinal)}]",
            $"[{entry.Replace("pkey", "key", StringComparison.Ordinal)}]",
        })
            Assert.Throws<MalformedDataException>(() => CcaTrustAnchors.FromJson(Encoding.UTF8.GetBytes(wrong)));
    }

    private static byte[] Entry(string jwk) => Encoding.UTF8.GetBytes(
        $$"""{"implementation-id":"{{new string('0', 64)}}","instance-id":"01{{new string('0', 64)}}","pkey":{{jwk}}}""");

    // The field that does not parse, without its offset.
    private static string Format(OwnCca cca) => cca.Verify().OnlyFailure("cca.evidence.format").Split(' ')[0];

    private static CcaVerifier Verifier(string anchors) =>
        new(new() { TrustAnchors = CcaTrustAnchors.FromJson(SharedVectors.Read(anchors)) });

    private static Verdict VerifyPublic(byte[] token) => s_public.Value.VerifyToken(token, s_submission);
}
