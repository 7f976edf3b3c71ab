using System.Text;
using System.Text.Json;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Tdx;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Tdx;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of Intel SGX or TDX.</summary>
internal sealed class DcapVectors(string tee) : IVectorSubject
{
    private const string NoCollateral = "dcap.collateral.present";
    private static readonly string[] s_policyChecks = ["sgx.debug", "tdx.debug", "dcap.quote.trailing"];

    public string Tee => tee;

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Id.StartsWith("intel-qvl-synthetic/", StringComparison.Ordinal))
            await CheckSyntheticAsync(file, bytes);
        else if (file.Text("wraps") is { } wrapped)
            await CheckEnvelopeAsync(file, bytes, wrapped);
        else if (file.Id.StartsWith("ra-tls/", StringComparison.Ordinal))
            await CheckQuoteAsync(file, QuoteOf(Encoding.ASCII.GetString(bytes), file.Expected!.Value), file.Expected.Value.GetProperty("quote"));
        else if (file.Id.StartsWith("pck-selection/", StringComparison.Ordinal))
            CheckPckSelection(file, bytes);
        else if (file.Id.StartsWith("openenclave/", StringComparison.Ordinal))
            await CheckQuoteAsync(file, bytes[file.Expected!.Value.GetProperty("quote_offset").GetInt32()..], expected: null);
        else
            await CheckQuoteAsync(file, bytes, file.Expected);
    }

    public async ValueTask CheckCaseAsync(VectorEntry @case)
    {
        var quote = @case.Input("quote")!;
        var root = @case.Input("trusted_root") is { } pem ? VerificationKey.Digest(Pem(pem)[0].SubjectPublicKeyInfo.Span) : IntelRoot.KeyDigest;
        var options = new DcapOptions { Collateral = new MemoryDcapCollateral(Collateral(@case, root)), RootKeyDigest = root };
        var strict = await VerifyAsync(options, quote, @case.EvaluateAt);
        var lax = await VerifyAsync(options with { AllowDebug = true, AllowTrailingData = true }, quote, @case.EvaluateAt);
        if (@case.Input("trusted_root") is not null)
            Assert.IsType<Refused>(await VerifyAsync(options with { RootKeyDigest = IntelRoot.KeyDigest }, quote, @case.EvaluateAt));

        if (!@case.Verdict.StartsWith("tcb:", StringComparison.Ordinal))
        {
            Assert.StartsWith("refuse", @case.Verdict, StringComparison.Ordinal);
            Assert.IsType<Refused>(lax);
            if (@case.Verdict.Contains("no TCB level", StringComparison.Ordinal))
                Assert.All(((Refused)lax).Failures, check => Assert.Equal("dcap.tcb.level", check.Id));
            return;
        }

        Assert.True(lax is Verified, Describe(lax));
        var claims = ((Verified)lax).Claims[0].Claims;
        Assert.Equal(@case.Verdict["tcb:".Length..], claims["tcb_status"]!.GetValue<string>());
        Assert.Equal("0", claims["collateral_expiration_status"]!.GetValue<string>());
        DcapExpectations.RequireCase(@case, claims, lax);

        var isDebug = @case.Expected!.Value.TryGetProperty("debug", out var debug) && debug.GetBoolean();
        Assert.Equal(isDebug, strict is Refused);
        if (isDebug)
            Assert.EndsWith(".debug", Assert.Single(((Refused)strict).Failures).Id, StringComparison.Ordinal);

        if (@case.Find("collateral_fresh") is { } fresh)
        {
            // Manifests may name the day only.
            var after = fresh.GetProperty("until").GetDateTimeOffset().AddDays(1);
            Assert.IsType<Refused>(await VerifyAsync(options with { AllowDebug = true }, quote, after));
        }
    }

    internal static DcapCollateral Collateral(VectorEntry @case, string root) => DcapCollateral.Parse(
        new()
        {
            TcbInfo = @case.Input("tcb_info")!,
            QeIdentity = @case.Input("qe_identity")!,
            TcbSigningChain = @case.Input("tcb_signing_chain")!,
            PckCrl = @case.Input("pck_crl")!,
            RootCaCrl = @case.Input("root_ca_crl")!,
            PckChain = @case.Input("pck_cert") is { } leaf ? [.. leaf.TrimEnd(), (byte)'\n', .. @case.Input("pck_chain")!] : null,
        },
        root);

    private async Task CheckQuoteAsync(VectorEntry file, byte[] quote, JsonElement? expected)
    {
        if (file.Id.EndsWith("tdx_report_1.bin", StringComparison.Ordinal))
        {
            Assert.Throws<MalformedDataException>(() => TdxEvidence.ParseQuote(quote));
            return;
        }

        if (expected is { } values)
            DcapExpectations.RequireQuote(DcapQuote.Parse(quote), values);

        // Without collateral nothing verifies; what else fails is what is wrong with the quote itself.
        var verdict = Assert.IsType<Refused>(await VerifyAsync(new(), quote, file.EvaluateAt));
        var failures = verdict.Failures.Select(check => check.Id).Where(id => id != NoCollateral).ToArray();
        switch (file.Verdict)
        {
            case "valid":
                Assert.Empty(failures);
                break;
            case "policy-refuse":
                Assert.NotEmpty(failures);
                Assert.All(failures, id => Assert.Contains(id, s_policyChecks));
                break;
            case "invalid" or "unsupported":
                Assert.NotEmpty(failures.Except(s_policyChecks));
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }
    }

    private async Task CheckEnvelopeAsync(VectorEntry file, byte[] json, string quote)
    {
        var @case = file.Manifest.Cases.First(c => c.InputPath("quote") == quote && c.Verdict.StartsWith("tcb:", StringComparison.Ordinal));
        var options = new DcapOptions { Collateral = new MemoryDcapCollateral(Collateral(@case, IntelRoot.KeyDigest)), AllowDebug = true };
        IEvidenceVerifier verifier = tee == "tdx" ? new TdxVerifier(options) : new SgxVerifier(options);
        var verdict = await verifier.VerifyAsync(new() { Evidence = json, At = @case.EvaluateAt }, default);
        Assert.True(verdict is Verified, Describe(verdict));
    }

    private async Task CheckSyntheticAsync(VectorEntry file, byte[] bytes)
    {
        if (file.Id.EndsWith("quote.dat", StringComparison.Ordinal))
            Assert.IsType<Refused>(await VerifyAsync(new(), bytes, file.EvaluateAt));
        else if (file.Id.EndsWith("tcbInfo.json", StringComparison.Ordinal))
            Assert.Equal(2, TcbInfo.Parse(bytes).Body.Version);
        else if (file.Id.EndsWith("Identity.json", StringComparison.Ordinal))
            Assert.StartsWith("Q", QeIdentity.Parse(bytes).Body.Id, StringComparison.Ordinal);
        else if (file.Id.EndsWith("Crl.der", StringComparison.Ordinal))
            Assert.NotNull(CertificateRevocationList.Parse(bytes).Number);
        else if (file.Id.EndsWith("Crl.pem", StringComparison.Ordinal))
            Assert.NotNull(CertificateRevocationList.Parse(PemBytes(bytes)).Number);
        else
            Assert.All(Pem(bytes), certificate => Assert.NotEqual(IntelRoot.KeyDigest, VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span)));
    }

    private static void CheckPckSelection(VectorEntry file, byte[] bytes)
    {
        if (file.Id.EndsWith(".pem", StringComparison.Ordinal))
            Assert.Equal(16, PckExtensions.Parse(Pem(bytes)[0]).ComponentSvns.Length);
        else if (JsonDocument.Parse(bytes).RootElement.GetProperty("tcbInfo").GetProperty("version").GetInt32() == 1)
            Assert.Equal("version", Assert.Throws<MalformedDataException>(() => TcbInfo.Parse(bytes)).Field);
        else
            Assert.NotEmpty(TcbInfo.Parse(bytes).Body.Levels);
    }

    private async ValueTask<Verdict> VerifyAsync(DcapOptions options, byte[] quote, DateTimeOffset at)
    {
        var submission = new EvidenceSubmission { Evidence = default, At = at };
        return tee == "tdx"
            ? await new TdxVerifier(options).VerifyQuoteAsync(quote, eventLog: null, submission, default)
            : await new SgxVerifier(options).VerifyQuoteAsync(quote, submission, default);
    }

    // The quote stands inside the evidence extension; its header, with all that is fixed in it, occurs once.
    private static byte[] QuoteOf(string pem, JsonElement expected)
    {
        var evidence = PemCertificates.Parse(pem)[0].Extensions.Find(expected.GetProperty("evidence_oid").GetString()!)!;
        var at = evidence.AsSpan().IndexOf<byte>([3, 0, 2, 0, 0, 0, 0, 0]);
        return evidence[at..(at + expected.GetProperty("quote_length").GetInt32())];
    }

    private static IReadOnlyList<Certificate> Pem(byte[] pem) => PemCertificates.Parse(Encoding.ASCII.GetString(pem));

    private static byte[] PemBytes(byte[] pem)
    {
        var text = Encoding.ASCII.GetString(pem);
        return Convert.FromBase64String(text[System.Security.Cryptography.PemEncoding.Find(text).Base64Data]);
    }

    private static string Describe(Verdict verdict) => string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed));
}
