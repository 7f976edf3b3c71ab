using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Evidence.Tpm;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of TPM 2.0.</summary>
internal sealed class TpmVectors : IVectorSubject
{
    private static readonly TpmVerifier s_verifier = new();

    public string Tee => "tpm";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Id.StartsWith("coco-evidence/", StringComparison.Ordinal))
            await CheckEvidenceAsync(file, bytes);
        else if (file.Expected is { } expected && expected.TryGetProperty("magic", out _))
            CheckAttest(TpmAttest.Parse(bytes), expected);
        else if (file.Text("what")!.Contains("TPMT_SIGNATURE", StringComparison.Ordinal) || file.Id.EndsWith(".sig", StringComparison.Ordinal))
            Assert.NotEqual(0, TpmSignature.Parse(bytes).Hash);
        else if (file.Text("what")!.Contains("TPM2B_PUBLIC", StringComparison.Ordinal))
            Assert.NotNull(TpmPublic.Parse(WithoutSize(bytes)));
        else if (file.Text("what")!.Contains("certificate", StringComparison.Ordinal) && !file.Id.EndsWith(".pb", StringComparison.Ordinal))
            Assert.NotNull(PemCertificates.ParseOne(bytes));
        else if (bytes.AsSpan().StartsWith("-----BEGIN"u8))
            Assert.NotNull(TpmVerificationKey.Read(Spki(bytes), out _));
        else if (file.Id.EndsWith(".pb", StringComparison.Ordinal))
            Assert.Fail("attestations of GCE in protobuf are not read");
        else
            Assert.NotEmpty(bytes);
    }

    public ValueTask CheckCaseAsync(VectorEntry @case)
    {
        var attest = TpmAttest.Parse(@case.Input("attest")!);
        using var key = TpmVerificationKey.Read(Spki(@case.Input("ak")!), out _);
        Assert.True(key!.Verify(TpmSignature.Parse(@case.Input("signature")!), attest.Raw.Span));

        // The whole selection and a restricted key are what the verifier asks for beyond the signature.
        var whole = attest.Selection is [var only] && only == TpmPcrSelection.AllSha256;
        var restricted = @case.Input("ak_public_area") is not { } area || TpmPublic.Parse(WithoutSize(area)).Attributes.HasFlag(TpmKeyAttributes.Restricted);
        switch (@case.Verdict)
        {
            case "valid":
                Assert.True(restricted);
                break;
            case "policy-refuse":
                Assert.False(whole);
                break;
            default:
                Assert.False(restricted && whole);
                break;
        }

        if (@case.Expected is { } expected && expected.TryGetProperty("nonce", out var nonce))
            Assert.Equal(nonce.GetString(), Convert.ToHexStringLower(attest.ExtraData.Span));
        return ValueTask.CompletedTask;
    }

    private static async Task CheckEvidenceAsync(VectorEntry file, byte[] bytes)
    {
        var evidence = TpmEvidence.Parse(bytes);
        var reportData = file.Expected is { } expected && expected.TryGetProperty("report_data_32", out var hex) ? Convert.FromHexString(hex.GetString()!) : null;
        var verdict = await s_verifier.VerifyAsync(
            new() { Evidence = bytes, At = file.EvaluateAt, ReportData = reportData, Endorsement = TpmKeyEndorsement.Enrolled(evidence.AkPublic) }, default);
        if (file.Verdict != "valid")
        {
            Assert.IsType<Refused>(verdict);
            return;
        }

        Assert.True(verdict is Verified, string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed)));
        if (file.Expected is { } values && values.TryGetProperty("magic", out _))
            CheckAttest(TpmAttest.Parse(evidence.Message), values);

        // Nobody vouches for the key.
        Assert.IsType<Refused>(await s_verifier.VerifyAsync(new() { Evidence = bytes, At = file.EvaluateAt, ReportData = reportData }, default));
    }

    private static void CheckAttest(TpmAttest attest, JsonElement expected)
    {
        Assert.Equal(expected.GetProperty("extra_data").GetString(), Convert.ToHexStringLower(attest.ExtraData.Span));
        Assert.Equal(expected.GetProperty("qualified_signer").GetString(), Convert.ToHexStringLower(attest.QualifiedSigner.Span));
        Assert.Equal(expected.GetProperty("clock").GetUInt64(), attest.Clock);
        Assert.Equal(expected.GetProperty("reset_count").GetUInt32(), attest.ResetCount);
        Assert.Equal(expected.GetProperty("restart_count").GetUInt32(), attest.RestartCount);
        Assert.Equal(expected.GetProperty("safe").GetInt32() == 1, attest.ClockSafe);
        Assert.Equal(expected.GetProperty("firmware").GetString(), attest.FirmwareVersion.ToString("x16", CultureInfo.InvariantCulture));

        var selection = expected.GetProperty("pcr_selection").EnumerateArray().Select(bank => new TpmPcrSelection(
            Convert.ToUInt16(bank[0].GetString(), 16), bank[1].EnumerateArray().Aggregate(0u, (mask, pcr) => mask | 1u << pcr.GetInt32())));
        Assert.Equal(selection, attest.Selection);
        if (expected.TryGetProperty("pcr_digest", out var digest))
            Assert.Equal(digest.GetString(), Convert.ToHexStringLower(attest.PcrDigest.Span));
    }

    private static byte[] Spki(byte[] pem)
    {
        var text = Encoding.ASCII.GetString(pem);
        var found = PemEncoding.Find(text);
        return Convert.FromBase64String(text[found.Base64Data]);
    }

    // TPM2B_PUBLIC is TPMT_PUBLIC with its size before it.
    private static byte[] WithoutSize(byte[] sized) => sized[2..];
}
