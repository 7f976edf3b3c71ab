using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.UnitTests.Evidence.Tpm;

/// <summary>The members that our extension of the handshake adds to <c>extra-params</c>.</summary>
[Trait("Group", "Tpm")]
public sealed class TpmMessagesTests
{
    [Fact]
    public void The_offer_survives_the_wire()
    {
        var offer = TpmKeyOffer.Parse(Bytes(new TpmKeyOffer { AkPublic = [1, 2], EkCertificates = [[3], [4, 5]] }.ToJson()));

        Assert.Equal([1, 2], offer.AkPublic);
        Assert.Equal([[3], [4, 5]], offer.EkCertificates);
    }

    [Fact]
    public void The_credential_survives_the_wire()
    {
        var credential = TpmCredential.Parse(Bytes(new TpmCredential { CredentialBlob = [1], EncryptedSecret = [2, 3] }.ToJson()));

        Assert.Equal([1], credential.CredentialBlob);
        Assert.Equal([2, 3], credential.EncryptedSecret);
    }

    [Fact]
    public void The_proof_is_an_hmac_over_the_report_data_and_survives_the_wire()
    {
        using var secret = SecretBytes.Copy("secret"u8);
        var proof = TpmCredentialProof.Parse(Bytes(TpmCredentialProof.Compute(secret, "report data"u8).ToJson()));

        Assert.Equal(HMACSHA256.HashData("secret"u8, "report data"u8), proof.Proof);
        Assert.True(proof.Matches(secret, "report data"u8));
        Assert.False(proof.Matches(secret, "report dat"u8));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"ek-certificates":[],"ak-public":"AAAA"}""")]
    [InlineData("""{"ek-certificates":["AAAA"]}""")]
    [InlineData("""{"ek-certificates":"AAAA","ak-public":"AAAA"}""")]
    [InlineData("""{"ek-certificates":[7],"ak-public":"AAAA"}""")]
    [InlineData("""{"ek-certificates":["AAAA"],"ak-public":"AAAA","trusted":true}""")]
    [InlineData("""{"ek-certificates":["AAAA"],"ak-public":"AAAA","ak-public":"AAAB"}""")]
    [InlineData("""{"ek-certificates":["","","","","","",""],"ak-public":"AAAA"}""")]
    public void Refuses_an_offer(string json) => Assert.Throws<MalformedDataException>(() => TpmKeyOffer.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"credential-blob":"AAAA"}""")]
    [InlineData("""{"credential-blob":"AAAA","encrypted-secret":"*"}""")]
    public void Refuses_a_credential(string json) => Assert.Throws<MalformedDataException>(() => TpmCredential.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"credential-proof":""}""")]
    [InlineData("""{"credential-proof":"AAAA"}""")]
    [InlineData("""{"credential-proof":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    public void Refuses_a_proof(string json) => Assert.Throws<MalformedDataException>(() => TpmCredentialProof.Parse(Encoding.UTF8.GetBytes(json)));

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
