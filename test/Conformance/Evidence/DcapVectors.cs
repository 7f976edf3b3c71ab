using System.Text;
using System.Text.Json;
using Nacre.Evidence.Azure;
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

/// <summary>The vectors of Intel SGX or TDX. What a file is, is found by its content and by what its manifest expects of it.</summary>
internal sealed class DcapVectors(string tee) : IVectorSubject
{
    private const string NoCollateral = "dcap.collateral.present";
    private static readonly string[] s_policyChecks = ["sgx.debug", "tdx.debug", "dcap.quote.trailing"];

    public string Tee => tee;

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        var text = bytes.AsSpan().TrimStart(" \r\n\t"u8);
        if (file.Text("wraps") is { } wrapped)
            await CheckEnvelopeAsync(file, bytes, wrapped);
        else if (file.Expected is { } certified && certified.TryGetProperty("evidence_oid", out _))
            await CheckQuoteAsync(
                file, RaTlsCertificate.Require(Encoding.ASCII.GetString(bytes), certified), certified.GetProperty("quote"));
        else if (file.Expected is { } within && within.TryGetProperty("quote_offset", out var offset))
            await CheckQuoteAsync(file, bytes[offset.GetInt32()..], expected: null);
        else if (text.StartsWith("{"u8) || text.StartsWith("-----BEGIN"u8) || text.StartsWith<byte>([0x30]))
            DcapDocuments.Require(file, bytes);
        else if (file.Verdict == "parse-only" && bytes.Length == HclTdReport.Size)
            RequireTdReport(bytes);
        else
            await CheckQuoteAsync(file, bytes, file.Expected);
    }

    public async ValueTask CheckCaseAsync(VectorEntry @case)
    {
        var quote = @case.Input("quote")!;
        var root = @case.Input("trusted_root") is { } pem ? VerificationKey.Digest(Pem(pem)[0].SubjectPublicKeyInfo.Span) : IntelRoot.KeyDigest;
        var collateral = Collateral(@case, root);
        var options = new DcapOptions { Collateral = new MemoryDcapCollateral(collateral), RootKeyDigest = root };
        var strict = await VerifyAsync(options, quote, @case.EvaluateAt);
        var lax = await VerifyAsync(options with { AllowDebug = true, AllowTrailingData = true }, quote, @case.EvaluateAt);
        if (@case.Input("trusted_root") is not null)
            Assert.IsType<Refused>(await VerifyAsync(options with { RootKeyDigest = IntelRoot.KeyDigest }, quote, @case.EvaluateAt));

        if (@case.Expected is { } expected)
            DcapCaseExpectations.Require(expected, DcapQuote.Parse(quote), collateral, lax);

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

        var isDebug = @case.Expected is { } values && values.TryGetProperty("debug", out var debug) && debug.GetBoolean();
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
        // Without collateral nothing verifies; what else fails is what is wrong with the quote itself.
        var verdict = Assert.IsType<Refused>(await VerifyAsync(new(), quote, file.EvaluateAt));
        if (expected is { } values)
        {
            // Whether the signatures below another root verify is said of that root.
            var parsed = DcapQuote.Parse(quote);
            var root = parsed.CertificationType != 5 ? IntelRoot.KeyDigest : VerificationKey.Digest(
                PckChainText.Parse(parsed.CertificationData.Span).Single(DcapExpectations.IsRoot).SubjectPublicKeyInfo.Span);
            DcapExpectations.RequireQuote(parsed, values, await VerifyAsync(new() { RootKeyDigest = root }, quote, file.EvaluateAt));
        }

        var failures = verdict.Failures.Select(check => check.Id).Where(id => id != NoCollateral).ToArray();
        switch (file.Verdict)
        {
            case "valid":
                Assert.Empty(failures);
                break;
            case "policy-refuse":
                await RequirePolicyAsync(file, quote, failures);
                break;
            case "invalid" or "unsupported":
                Assert.NotEmpty(failures.Except(s_policyChecks));
                break;
            case "valid-under-test-root":
                // It carries no certificates: a case has them, and the root.
                Assert.NotEqual(5, DcapQuote.Parse(quote).CertificationType);
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }
    }

    // Where nothing in the quote is against the defaults, it is one whose signature has two forms.
    private async Task RequirePolicyAsync(VectorEntry file, byte[] quote, string[] failures)
    {
        Assert.All(failures, id => Assert.Contains(id, s_policyChecks));
        if (failures.Length > 0)
            return;

        var from = file.Find("derived_from")!.Value;
        var path = from.ValueKind == JsonValueKind.Object ? from.GetProperty("file").GetString()! : from.GetString()!;

        // The original may be in a part of the vectors that is not here.
        if (file.Manifest.Files.All(one => one.Id != path))
            return;

        var original = file.Manifest.Read(path);
        var (one, other) = (DcapQuote.Parse(original), DcapQuote.Parse(quote));
        Assert.False(one.Signature.SequenceEqual(other.Signature));
        Assert.True(one.Signed.SequenceEqual(other.Signed));
        Assert.Empty(Assert.IsType<Refused>(await VerifyAsync(new(), original, file.EvaluateAt)).Failures.Where(
            check => check.Id != NoCollateral));
    }

    private static void RequireTdReport(byte[] bytes)
    {
        Assert.Equal(64, HclTdReport.Parse(bytes).ReportData.Length);
        Assert.Throws<MalformedDataException>(() => TdxEvidence.ParseQuote(bytes));
    }

    private async Task CheckEnvelopeAsync(VectorEntry file, byte[] json, string quote)
    {
        Assert.Equal("see wrapped quote", file.Verdict);
        var @case = file.Manifest.Cases.FirstOrDefault(
            c => c.InputPath("quote") == quote && c.Verdict.StartsWith("tcb:", StringComparison.Ordinal));
        var source = @case is null ? null : new MemoryDcapCollateral(Collateral(@case, IntelRoot.KeyDigest));
        var options = new DcapOptions { Collateral = source, AllowDebug = true, AllowTrailingData = true };
        IEvidenceVerifier verifier = tee == "tdx" ? new TdxVerifier(options) : new SgxVerifier(options);
        var verdict = await verifier.VerifyAsync(new() { Evidence = json, At = (@case ?? file).EvaluateAt }, default);

        // Where no case has the collateral, nothing else may be wrong.
        if (@case is null)
            Assert.Equal([NoCollateral], Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id));
        else
            Assert.True(verdict is Verified, Describe(verdict));
    }

    private async ValueTask<Verdict> VerifyAsync(DcapOptions options, byte[] quote, DateTimeOffset at)
    {
        var submission = new EvidenceSubmission { Evidence = default, At = at };
        return tee == "tdx"
            ? await new TdxVerifier(options).VerifyQuoteAsync(quote, eventLog: null, submission, default)
            : await new SgxVerifier(options).VerifyQuoteAsync(quote, submission, default);
    }

    private static IReadOnlyList<Certificate> Pem(byte[] pem) => PemCertificates.Parse(Encoding.ASCII.GetString(pem));

    private static string Describe(Verdict verdict) => string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed));
}
