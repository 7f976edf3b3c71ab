using System.Security.Cryptography;
using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Evidence.Protocol;

/// <summary>The vectors of trust.md 1.7: TEE private scalar 32 × 0x11 on P-256, nonce 00…1f.</summary>
[Trait("Group", "TrustProtocol")]
public sealed class RuntimeDataTests
{
    private static readonly RuntimeData s_data = new(
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        EcJwk.From(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint
                {
                    X = Decode("AhfmF_C2RDkoJ4-WmZ5pojpPLBUr321s32bluAKC1O0"),
                    Y = Decode("GUp968uXcS0t2jyoWqh2Wlb0X8dYWZZS8ol8ZTBuV5Q"),
                },
            },
            JsonWebKey.EcdhEsA256Kw));

    [Fact]
    public void Device_digest_is_that_of_the_specification() =>
        Assert.Equal(
            "c27d17e0a58cb69772db04bc968edd11e4d4c60761b8bdf0fba6871fed821b356dca79d6f72523bbde35244cb43e4606",
            Convert.ToHexStringLower(s_data.DeviceDigest("sha384")));

    [Theory]
    [InlineData("sha384", "1147b1af549c26b6863daf32fc064834beaa470ddb06fd5c57c44363cb2e86f11c4d80906326c2154d2b96d47de1ac62")]
    [InlineData("sha512", "942968b2acdf0fc6840f45dc64dc64beb2f960d5b97827a1a8e0e6f82cc7fb875f141fa196c7a1a839ac1501a416b1ac3af8118707cdc26ddd6dd45b9de218e4")]
    public void Primary_digest_is_that_of_the_specification(string hash, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(s_data.PrimaryDigest(hash, "")));

    [Fact]
    public void Device_evidence_is_bound_byte_for_byte()
    {
        Assert.NotEqual(s_data.PrimaryDigest("sha256", """{"a":1}"""), s_data.PrimaryDigest("sha256", """{"a": 1}"""));
        Assert.Throws<ArgumentException>(() => s_data.PrimaryDigest("sm3", ""));
    }

    [Fact]
    public void An_attest_message_goes_there_and_back()
    {
        var request = new AttestRequest
        {
            RuntimeData = s_data,
            InitData = "version = \"0.1.0\"",
            PrimaryEvidence = """{"svn":"1"}"""u8.ToArray(),
            AdditionalEvidence = """{"sampledevice":{"svn":"2"},"nvidia":{"x":[1]}}""",
        };

        var read = AttestRequest.Parse(request.ToUtf8());

        Assert.Equal(request.RuntimeData.PrimaryDigest("sha256", ""), read.RuntimeData.PrimaryDigest("sha256", ""));
        Assert.Equal(request.InitData, read.InitData);
        Assert.Equal(request.PrimaryEvidence, read.PrimaryEvidence);
        Assert.Equal(["sampledevice", "nvidia"], read.Devices().Select(device => device.Tee));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""{"runtime-data":{"nonce":"a"},"tee-evidence":{"primary_evidence":{},"additional_evidence":""}}""")]
    [InlineData("""{"runtime-data":{"nonce":1,"tee-pubkey":{}},"tee-evidence":{"primary_evidence":{},"additional_evidence":""}}""")]
    [InlineData("""{"init-data":{"format":"json","body":"{}"},"runtime-data":{"nonce":"a","tee-pubkey":{}},"tee-evidence":{"primary_evidence":{}}}""")]
    [InlineData("""{"runtime-data":{"nonce":"a","nonce":"b","tee-pubkey":{}},"tee-evidence":{"primary_evidence":{},"additional_evidence":""}}""")]
    public void Refuses_an_attest_message_that_is_not_of_the_protocol(string json) =>
        Assert.Throws<MalformedDataException>(() => AttestRequest.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Survives_every_cut_of_an_attest_message()
    {
        var whole = new AttestRequest { RuntimeData = s_data, PrimaryEvidence = "{}"u8.ToArray() }.ToUtf8();
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<MalformedDataException>(() => AttestRequest.Parse(whole.AsMemory(0, length)));
    }

    [Fact]
    public void A_challenge_without_parameters_has_the_empty_string_there() =>
        Assert.Equal("""{"nonce":"n","extra-params":""}""", Encoding.UTF8.GetString(new AuthChallenge("n", null).ToUtf8()));

    [Fact]
    public void An_auth_message_of_an_older_client_is_read()
    {
        var request = AuthRequest.Parse("""{"version":"0.1.0","tee":"sample","extra-params":""}"""u8.ToArray());

        Assert.Equal(("0.1.0", "sample", null), (request.Version, request.Tee, request.ExtraParameters));
        Assert.Throws<MalformedDataException>(() => AuthRequest.Parse("""{"version":"0.4.0","tee":"sample"}"""u8.ToArray()));
    }

    private static byte[] Decode(string text) => Base64UrlText.TryDecode(text, out var bytes) ? bytes : throw new FormatException(text);
}
