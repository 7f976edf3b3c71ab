using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Nitro;
using Nacre.Evidence.Nvidia;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.Verifiers;
using Nacre.Verifiers.Azure;
using Nacre.Verifiers.Cca;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Nitro;
using Nacre.Verifiers.Nvidia;
using Nacre.Verifiers.Sample;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors that may verify, also those that only options for development let through.</summary>
internal static class GenuineVectors
{
    public static IEnumerable<GenuineVector> Of(VectorManifest manifest) =>
    [
        .. manifest.Files.Where(file => file.Verdict is "valid" or "policy-refuse").Select(File).OfType<GenuineVector>(),
        .. manifest.Cases.Select(Case).OfType<GenuineVector>(),
    ];

    private static GenuineVector? File(VectorEntry file)
    {
        var bytes = file.Read();
        var isJson = bytes.AsSpan().TrimStart(" \r\n\t"u8) is [(byte)'{' or (byte)'[', ..];
        var submission = new EvidenceSubmission { Evidence = default, At = file.EvaluateAt };
        switch (file.Manifest.Tee)
        {
            case "az-snp-vtpm" when AzureDocument.IsEvidence(bytes):
                return Whole(file, AzureDocument.Unwrap(bytes), new AzSnpVtpmVerifier(new()), submission);
            case "tdx" or "sgx" when file.Text("wraps") is { } quote:
                return file.Manifest.Cases.FirstOrDefault(one => one.InputPath("quote") == quote && IsTcb(one)) is { } @case
                    ? Whole(file, bytes, Dcap(@case), submission with { At = @case.EvaluateAt }) : null;
            case "nitro" when bytes[0] != '-':
                var document = System.Buffers.Text.Base64.IsValid(bytes) ? Convert.FromBase64String(Encoding.ASCII.GetString(bytes)) : bytes;
                var nitro = new NitroVerifier(new() { AllowDebug = true });
                var bound = submission with { ReportData = NitroDocument.Parse(document).UserData };
                return new(file.Id, [new("document", document)], parts => new(nitro.VerifyDocument(parts[0], bound)));
            case "nvidia" when isJson && NvidiaVectors.Devices(JsonNode.Parse(bytes)!) is { } devices:
                // The name that the guest gives a device is not vouched for by anything.
                foreach (var device in devices)
                    device!.AsObject().Remove("uuid");
                return Whole(
                    file, NvidiaVectors.Wire(devices), Nvidia(file), submission with { ReportData = NvidiaVectors.Nonce(devices) });
            case "snp" when isJson:
                return Whole(file, bytes, new SnpVerifier(new() { AllowDebug = true, LeastPrivilegedVmpl = 3 }), submission);
            case "tpm" when isJson:
                return Whole(
                    file, bytes, new TpmVerifier(),
                    submission with { Endorsement = TpmKeyEndorsement.Enrolled(TpmEvidence.Parse(bytes).AkPublic) });
            case "sample":
                return Whole(file, bytes, new SampleVerifier(), submission with { InitDataDigest = new byte[32] });
            default:
                return null;
        }
    }

    private static GenuineVector? Case(VectorEntry @case)
    {
        var submission = new EvidenceSubmission { Evidence = default, At = @case.EvaluateAt };
        switch (@case.Manifest.Tee)
        {
            case "snp":
                var snp = new SnpVerifier(new() { AllowDebug = true, LeastPrivilegedVmpl = 3 });
                return new(
                    @case.Id, [Part(@case, "report"), new("vek", AzureDocument.Leaf(@case.Input("vek")!).Raw.ToArray())],
                    parts => snp.VerifyReportAsync(parts[0], parts[1], submission, default));
            case "tdx" when IsTcb(@case):
                var tdx = (TdxVerifier)Dcap(@case);
                return new(@case.Id, [Quote(@case)], parts => tdx.VerifyQuoteAsync(parts[0], eventLog: null, submission, default));
            case "sgx" when IsTcb(@case):
                var sgx = (SgxVerifier)Dcap(@case);
                return new(@case.Id, [Quote(@case)], parts => sgx.VerifyQuoteAsync(parts[0], submission, default));
            case "az-tdx-vtpm" when IsTcb(@case):
                var azure = AzureDocument.Unwrap(@case.Input("evidence")!);
                return Whole(@case, azure, Dcap(@case), submission, AzureDocument.OnlyForTheProcessor(azure));
            case "csv" when @case.Verdict == "valid":
                var csv = new CsvVerifier(new());
                return new(
                    @case.Id, [Part(@case, "report"), Part(@case, "hsk_cek")],
                    parts => csv.VerifyReportAsync(parts[0], isExtended: false, ParseChain(parts[1]), submission, default));
            case "cca" when @case.Verdict == "valid":
                var cca = new CcaVerifier(new() { TrustAnchors = CcaTrustAnchors.FromJson(@case.Input("ta_store")!) });
                return new(@case.Id, [Part(@case, "token")], parts => new(cca.VerifyToken(parts[0], submission)));
            case "nvidia" when @case.Input("report") is { } report:
                var nvidia = Nvidia(@case);

                // A few zeros may pad a report.
                var bytes = Convert.FromHexString(Encoding.ASCII.GetString(report).Trim());
                return new(
                    @case.Id, [new("report", bytes[..^NvidiaReport.Parse(bytes).Spdm.Padding]), new("chain", [.. @case.Input("chain").AsSpan().TrimEnd("\r\n"u8)])],
                    parts => nvidia.VerifyReportAsync(parts[0], Encoding.Latin1.GetString(parts[1]), submission, default));
            default:
                return null;
        }
    }

    // White space behind a document is the file's.
    private static GenuineVector Whole(
        VectorEntry entry, byte[] evidence, IEvidenceVerifier verifier, EvidenceSubmission submission, params IReadOnlyList<Range> unvouched) => new(
        entry.Id, [new("evidence", [.. evidence.AsSpan().TrimEnd(" \r\n\t"u8)], unvouched)],
        parts => verifier.VerifyAsync(submission with { Evidence = parts[0] }, default));

    private static GenuinePart Part(VectorEntry @case, string input) => new(input, @case.Input(input)!);

    // What is behind the quote in its file is the host's buffer.
    private static GenuinePart Quote(VectorEntry @case)
    {
        var quote = @case.Input("quote")!;
        return new("quote", quote[..^DcapQuote.Parse(quote).Trailing.Length]);
    }

    private static bool IsTcb(VectorEntry @case) =>
        @case.Verdict.StartsWith("tcb:", StringComparison.Ordinal) && @case.Input("trusted_root") is null;

    private static IEvidenceVerifier Dcap(VectorEntry @case)
    {
        var collateral = new MemoryDcapCollateral(DcapVectors.Collateral(@case, IntelRoot.KeyDigest));
        var options = new DcapOptions { Collateral = collateral, AllowDebug = true };
        return @case.Manifest.Tee switch
        {
            "tdx" => new TdxVerifier(options),
            "sgx" => new SgxVerifier(options),
            _ => new AzTdxVtpmVerifier(options),
        };
    }

    private static NvidiaVerifier Nvidia(VectorEntry entry) => new(new() { Manifests = new Manifests(entry.Manifest) });

    // Certificates that do not parse are refused before there is anything to verify; without any, the report is refused.
    private static HygonChain? ParseChain(byte[] bytes)
    {
        try
        {
            return HygonChain.Parse(bytes);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    // Files have the id of the manifest in their name, among other words.
    private sealed class Manifests(VectorManifest vectors) : INvidiaManifestSource
    {
        public ValueTask<byte[]?> FindAsync(string id, CancellationToken cancel) => ValueTask.FromResult(vectors.Files
            .FirstOrDefault(file => file.Verdict == "valid" && file.Id.EndsWith($"{id}.xml", StringComparison.Ordinal))?.Read());
    }
}
