using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;
using Nacre.Evidence.Nitro;
using Nacre.Evidence.Sample;
using Nacre.Evidence.Se;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.UnitTests.Verifiers.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Azure;
using Nacre.Verifiers.Cca;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.HygonDcu;
using Nacre.Verifiers.Nitro;
using Nacre.Verifiers.Nvidia;
using Nacre.Verifiers.Sample;
using Nacre.Verifiers.Se;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The claims of every vector that verifies, also of those that only options for development let through.</summary>
internal static class VerifiedVectors
{
    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Each with the name of its vector.</summary>
    public static async Task<IReadOnlyList<(string Id, VerifiedClaims Claims)>> ClaimsOfAsync(string tee, IReadOnlyList<VectorManifest> manifests)
    {
        var verdicts = new List<(string Id, Verdict Verdict)>();
        foreach (var manifest in manifests.Where(manifest => manifest.Tee == tee))
        {
            foreach (var file in manifest.Files.Where(file => file.Verdict is "valid" or "policy-refuse"))
            {
                if (await VerifyFileAsync(file) is { } verdict)
                    verdicts.Add((file.Id, verdict));
            }

            foreach (var @case in manifest.Cases)
            {
                if (await VerifyCaseAsync(@case) is { } verdict)
                    verdicts.Add((@case.Id, verdict));
            }
        }

        // What no real machine has made public.
        if (await VerifyOwnAsync(tee) is { } own)
            verdicts.Add(("a machine of these tests", own));

        return [.. verdicts.SelectMany(one => ((one.Verdict as Verified)?.Claims ?? []).Select(claims => (one.Id, claims)))];
    }

    private static async ValueTask<Verdict?> VerifyFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        var isJson = bytes.AsSpan().TrimStart(" \r\n\t"u8) is [(byte)'{' or (byte)'[', ..];
        var submission = new EvidenceSubmission { Evidence = bytes, At = file.EvaluateAt };
        switch (file.Manifest.Tee)
        {
            case "az-snp-vtpm" when AzureDocument.IsEvidence(bytes):
                return await new AzSnpVtpmVerifier(new()).VerifyAsync(submission with { Evidence = AzureDocument.Unwrap(bytes) }, default);
            case "tdx" or "sgx" when file.Text("wraps") is { } quote:
                var @case = file.Manifest.Cases.First(one => one.InputPath("quote") == quote && IsTcb(one));
                return await Dcap(@case).VerifyAsync(submission with { At = @case.EvaluateAt }, default);
            case "nitro" when bytes[0] != '-':
                var document = System.Buffers.Text.Base64.IsValid(bytes) ? Convert.FromBase64String(Encoding.ASCII.GetString(bytes)) : bytes;
                return new NitroVerifier(new() { AllowDebug = true })
                    .VerifyDocument(document, submission with { ReportData = NitroDocument.Parse(document).UserData });
            case "nvidia" when isJson && NvidiaVectors.Devices(JsonNode.Parse(bytes)!) is { } devices:
                return await Nvidia(file).VerifyAsync(
                    submission with { Evidence = NvidiaVectors.Wire(devices), ReportData = NvidiaVectors.Nonce(devices) }, default);
            case "tpm" when isJson:
                return await new TpmVerifier().VerifyAsync(
                    submission with { Endorsement = TpmKeyEndorsement.Enrolled(TpmEvidence.Parse(bytes).AkPublic) }, default);
            case "sample":
                return await new SampleVerifier().VerifyAsync(submission with { InitDataDigest = new byte[32] }, default);
            default:
                return null;
        }
    }

    private static async ValueTask<Verdict?> VerifyCaseAsync(VectorEntry @case)
    {
        var submission = new EvidenceSubmission { Evidence = default, At = @case.EvaluateAt };
        switch (@case.Manifest.Tee)
        {
            case "snp":
                return await new SnpVerifier(new() { AllowDebug = true, LeastPrivilegedVmpl = 3 }).VerifyReportAsync(
                    @case.Input("report")!, AzureDocument.Leaf(@case.Input("vek")!).Raw.ToArray(), submission, default);
            case "tdx" when IsTcb(@case):
                return await ((TdxVerifier)Dcap(@case)).VerifyQuoteAsync(@case.Input("quote")!, eventLog: null, submission, default);
            case "sgx" when IsTcb(@case):
                return await ((SgxVerifier)Dcap(@case)).VerifyQuoteAsync(@case.Input("quote")!, submission, default);
            case "az-tdx-vtpm" when IsTcb(@case):
                return await Dcap(@case).VerifyAsync(submission with { Evidence = AzureDocument.Unwrap(@case.Input("evidence")!) }, default);
            case "csv" when @case.Verdict == "valid":
                return await new CsvVerifier(new()).VerifyReportAsync(
                    @case.Input("report")!, isExtended: false, HygonChain.Parse(@case.Input("hsk_cek")!), submission, default);
            case "cca" when @case.Verdict == "valid":
                return new CcaVerifier(new() { TrustAnchors = CcaTrustAnchors.FromJson(@case.Input("ta_store")!) })
                    .VerifyToken(@case.Input("token")!, submission);
            case "nvidia" when @case.Input("report") is { } report:
                return await Nvidia(@case).VerifyReportAsync(
                    Convert.FromHexString(Encoding.ASCII.GetString(report).Trim()), Encoding.Latin1.GetString(@case.Input("chain")!),
                    submission, default);
            default:
                return null;
        }
    }

    private static bool IsTcb(VectorEntry @case) =>
        @case.Verdict.StartsWith("tcb:", StringComparison.Ordinal) && @case.Input("trusted_root") is null;

    private static IEvidenceVerifier Dcap(VectorEntry @case)
    {
        var collateral = new MemoryDcapCollateral(DcapVectors.Collateral(@case, IntelRoot.KeyDigest));
        var options = new DcapOptions { Collateral = collateral, AllowDebug = true, AllowTrailingData = true };
        return @case.Manifest.Tee switch
        {
            "tdx" => new TdxVerifier(options),
            "sgx" => new SgxVerifier(options),
            _ => new AzTdxVtpmVerifier(options),
        };
    }

    private static NvidiaVerifier Nvidia(VectorEntry entry) => new(new() { Manifests = new Manifests(entry.Manifest) });

    private static async ValueTask<Verdict?> VerifyOwnAsync(string tee)
    {
        var submission = new EvidenceSubmission { Evidence = default, At = s_at, ReportData = [1] };
        switch (tee)
        {
            case "se":
                return await AnswerAsync();
            case "csv":
                var machine = new HygonMachine();
                return await new CsvVerifier(new() { Root = machine.Root }).VerifyReportAsync(
                    machine.Report([1]), isExtended: true, machine.Chain, submission, default);
            case "hygondcu":
                var devices = new HygonMachine();
                var evidence = new JsonObject { ["attestation_reports"] = new JsonArray(devices.DeviceReport([1])) };
                return await new HygonDcuVerifier(new() { Root = devices.Root, Collateral = devices }).VerifyAsync(
                    submission with { Evidence = HygonMachine.Utf8(evidence) }, default);
            case "sampledevice":
                var sample = new SampleEvidence { Svn = "2", ReportData = Convert.ToBase64String(submission.ReportData!) };
                return await new SampleDeviceVerifier().VerifyAsync(submission with { Evidence = sample.ToJson() }, default);
            default:
                return null;
        }
    }

    private static async Task<Verdict> AnswerAsync()
    {
        var image = SeImageTags.Parse(new byte[SeImageTags.Size]);
        using var seal = SecretBytes.Random(32);
        using var machine = new SeMachine(s_at);
        var options = new SeOptions { SealKey = seal };
        var challenge = new SeChallengeIssuer(options, image).Create(machine.Trust, [machine.Document], s_at).Challenge!.ToJson();
        var answer = machine.Answer(challenge, image, new byte[64]);
        return await new SeVerifier(options).VerifyAsync(new() { Evidence = answer, At = s_at }, default);
    }

    // Files have the id of the manifest in their name, among other words.
    private sealed class Manifests(VectorManifest vectors) : INvidiaManifestSource
    {
        public ValueTask<byte[]?> FindAsync(string id, CancellationToken cancel) => ValueTask.FromResult(vectors.Files
            .FirstOrDefault(file => file.Verdict == "valid" && file.Id.EndsWith($"{id}.xml", StringComparison.Ordinal))?.Read());
    }
}
