using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attesters.Tpm;
using Nacre.Client;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Tpm;
using Nacre.Guest.AttestationAgent;

namespace Nacre.EndToEndTests.Trust;

/// <summary>The main job: a machine with a TPM that the owner trusts, in the state the owner expects, gets the secret; any other gets a reason.</summary>
[Trait("Group", "Trust")]
public sealed class TpmReleaseTests(SwtpmFixture tpms) : IClassFixture<SwtpmFixture>
{
    private static readonly int[] s_required = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_in_the_expected_state_gets_the_secret_and_one_that_changed_is_told_the_register()
    {
        await using var stage = await TrustStage.StartAsync(development: false, roots: tpms.Roots);
        await using var attester = SwtpmFixture.Attester(tpms.First);
        await ExpectCurrentStateAsync(stage, attester);
        using (var guest = stage.Guest(new TpmEvidenceSource(attester)))
        using (var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel))
            Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));

        var before = await PcrAsync(attester, 14);
        await using (var device = SwtpmFixture.Device(tpms.First))
            await device.PcrExtendAsync(14, SHA256.HashData("another kernel"u8), Cancel);
        var after = await PcrAsync(attester, 14);
        using var changed = stage.Guest(new TpmEvidenceSource(attester));
        var refusal = await Assert.ThrowsAsync<KbsException>(() => changed.GetResourceAsync(TrustStage.Secret, Cancel));

        Assert.Equal(KbsFailure.Denied, refusal.Failure);
        Assert.Contains($"tpm.pcr14 is 0x{after}, reference value tpm_pcr14 allows 0x{before}; policy default_cpu.rego:", refusal.Detail, StringComparison.Ordinal);
        var denial = await stage.Admin.GetAttemptAsync(refusal.Reference!, Cancel);
        var appraisal = await stage.Admin.GetAttemptAsync((string)denial["appraisal"]!, Cancel);
        var finding = Assert.Single(appraisal["submodules"]![0]!["findings"]!.AsArray())!;
        Assert.Equal(("executables", "tpm.pcr14", "tpm_pcr14"), ((string)finding["trust-claim"]!, (string)finding["subject"]!, (string)finding["reference-value"]!));
    }

    [Fact]
    public async Task A_quote_by_a_key_that_was_made_up_is_refused()
    {
        await using var stage = await TrustStage.StartAsync(development: false, roots: tpms.Roots);
        await using var attester = SwtpmFixture.Attester(tpms.First);
        using var madeUp = RSA.Create(2048);
        using var guest = stage.Guest(new MadeUpKeySource(attester, madeUp));

        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.AttestAsync(Cancel));

        Assert.Equal(KbsFailure.Unauthenticated, refusal.Failure);
        Assert.Contains("tpm.ak.trust", refusal.Detail, StringComparison.Ordinal);
        var attempt = await stage.Admin.GetAttemptAsync(refusal.Reference!, Cancel);
        Assert.Contains(attempt["evidence"]![0]!["checks"]!.AsArray(), check => (string?)check!["id"] == "tpm.ak.trust" && (string?)check["outcome"] == "failed");
    }

    [Fact]
    public async Task A_quote_without_the_proof_is_refused_until_the_key_is_enrolled()
    {
        await using var stage = await TrustStage.StartAsync(development: false);
        await using var attester = SwtpmFixture.Attester(tpms.Second);
        using var guest = stage.Guest(new AttesterEvidenceSource(attester));
        Assert.Equal(KbsFailure.Unauthenticated, (await Assert.ThrowsAsync<KbsException>(() => guest.AttestAsync(Cancel))).Failure);

        var evidence = TpmEvidence.Parse(await attester.GetEvidenceAsync(new byte[32], Cancel));
        await stage.Admin.AddReferenceValuesAsync(new JsonObject { ["trusted_aks"] = new JsonArray(Convert.ToBase64String(evidence.AkPublic)) }, Cancel);
        await ExpectCurrentStateAsync(stage, attester);
        using var enrolled = stage.Guest(new AttesterEvidenceSource(attester));
        using var secret = await enrolled.GetResourceAsync(TrustStage.Secret, Cancel);

        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Fact]
    public async Task A_tpm_of_an_unknown_maker_is_refused_before_it_quotes()
    {
        await using var stage = await TrustStage.StartAsync(development: false, roots: tpms.Roots);
        await using var attester = SwtpmFixture.Attester(tpms.Foreign);
        using var guest = stage.Guest(new TpmEvidenceSource(attester));

        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.AttestAsync(Cancel));

        Assert.Contains("tpm.ek.chain", refusal.Detail, StringComparison.Ordinal);
        Assert.NotNull((await stage.Admin.GetAttemptAsync(refusal.Reference!, Cancel))["evidence"]);
    }

    [Fact]
    public async Task A_quote_by_another_tpm_of_the_same_maker_is_refused()
    {
        await using var stage = await TrustStage.StartAsync(development: false, roots: tpms.Roots);
        await using var first = SwtpmFixture.Attester(tpms.First);
        await using var second = SwtpmFixture.Attester(tpms.Second);
        using var guest = stage.Guest(new TpmEvidenceSource(second, first));

        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.AttestAsync(Cancel));

        Assert.Equal(KbsFailure.Unauthenticated, refusal.Failure);
        Assert.Contains("tpm.ak.trust", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_whose_state_nobody_registered_gets_nothing()
    {
        await using var stage = await TrustStage.StartAsync(development: false, roots: tpms.Roots);
        await using var attester = SwtpmFixture.Attester(tpms.First);
        using var guest = stage.Guest(new TpmEvidenceSource(attester));

        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel));

        Assert.Equal(KbsFailure.Denied, refusal.Failure);
        Assert.Contains("reference value tpm_pcr00 is not registered or has expired", refusal.Detail, StringComparison.Ordinal);
    }

    private static async Task ExpectCurrentStateAsync(TrustStage stage, TpmAttester attester)
    {
        var values = new JsonObject();
        foreach (var index in s_required)
            values[$"tpm_pcr{index:d2}"] = new JsonArray(await PcrAsync(attester, index));
        await stage.Admin.AddReferenceValuesAsync(values, Cancel);
    }

    private static async Task<string> PcrAsync(TpmAttester attester, int index) =>
        Convert.ToHexStringLower(TpmEvidence.Parse(await attester.GetEvidenceAsync(new byte[32], Cancel)).Pcrs[index]);

    /// <summary>Offers the TPM's real keys, then signs the quote with a key of its own: what a machine without a trusted TPM would try.</summary>
    private sealed class MadeUpKeySource(TpmAttester attester, RSA key) : IEvidenceSource
    {
        private readonly TpmEvidenceSource _honest = new(attester);

        public string Tee => _honest.Tee;

        public ValueTask<JsonObject?> GetAuthParametersAsync(CancellationToken cancel) => _honest.GetAuthParametersAsync(cancel);

        public ValueTask<string> GetAdditionalEvidenceAsync(ReadOnlyMemory<byte> deviceDigest, CancellationToken cancel) => ValueTask.FromResult("");

        public async ValueTask<SourcedEvidence> GetEvidenceAsync(EvidenceRequest request, CancellationToken cancel)
        {
            var sourced = await _honest.GetEvidenceAsync(request, cancel);
            var evidence = TpmEvidence.Parse(sourced.Evidence);

            // TPMT_SIGNATURE: RSASSA (0x0014), SHA-256 (0x000b), size, signature.
            var signature = key.SignData(evidence.Message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var forged = evidence with { AkPublic = key.ExportSubjectPublicKeyInfo(), Signature = [0x00, 0x14, 0x00, 0x0b, 0x01, 0x00, .. signature] };
            return sourced with { Evidence = forged.ToJson() };
        }
    }
}
