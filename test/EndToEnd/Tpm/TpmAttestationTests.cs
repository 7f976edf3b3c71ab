using System.Security.Cryptography;
using Nacre.Attesters.Tpm;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.EndToEndTests.Tpm;

/// <summary>A machine with a TPM proves its key and its state to a server that knows only the TPM's maker.</summary>
[Trait("Group", "Tpm")]
public sealed class TpmAttestationTests(SwtpmFixture tpms) : IClassFixture<SwtpmFixture>
{
    private static readonly byte[] s_reportData = SHA256.HashData("a challenge"u8);

    [Theory]
    [InlineData(TpmAttestationKeyKind.Rsa2048)]
    [InlineData(TpmAttestationKeyKind.EccP256)]
    public async Task A_tpm_of_a_known_maker_is_verified(TpmAttestationKeyKind kind)
    {
        await using var attester = SwtpmFixture.Attester(tpms.First, kind);
        var endorsement = await EndorseAsync(attester, s_reportData);
        Assert.NotNull(endorsement);

        var verdict = await VerifyAsync(await attester.GetEvidenceAsync(s_reportData, CancellationToken.None), endorsement);

        var verified = Assert.IsType<Verified>(verdict);
        var claims = Assert.Single(verified.Claims).Claims;
        Assert.Equal("credential-activation", (string?)claims["ak_trust"]);
        Assert.Equal(Convert.ToHexStringLower(s_reportData), (string?)claims["report_data"]);
        Assert.Equal(64, ((string?)claims["ek_certificate_sha256"])?.Length);
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private async Task<TpmKeyEndorsement?> EndorseAsync(TpmAttester attester, byte[] reportData)
    {
        var offer = TpmKeyOffer.Parse(JsonBytes(await attester.DescribeKeyAsync(CancellationToken.None)));
        var challenge = TpmCredentialChallenge.Create(offer, tpms.Roots, Now);
        var issued = Assert.IsType<TpmCredentialChallenge.Issued>(challenge);
        using var secret = await attester.ActivateAsync(issued.Credential, CancellationToken.None);
        return issued.Key.Endorse(TpmCredentialProof.Compute(secret, reportData), reportData);
    }

    private static ReadOnlyMemory<byte> JsonBytes(TpmKeyOffer offer) => System.Text.Encoding.UTF8.GetBytes(offer.ToJson().ToJsonString());

    private static ValueTask<Verdict> VerifyAsync(byte[] evidence, IKeyEndorsement? endorsement) => new TpmVerifier().VerifyAsync(
        new() { Evidence = evidence, At = Now, ReportData = s_reportData, Endorsement = endorsement }, CancellationToken.None);
}
