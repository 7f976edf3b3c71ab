using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Nvidia;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of NVIDIA devices. What a file is, is found by its content.</summary>
internal sealed class NvidiaVectors : IVectorSubject
{
    private static readonly NvidiaVerifier s_verifier = new(new());
    private static readonly JsonSerializerOptions s_withoutEscapes = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Tee => "nvidia";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        Assert.Contains(file.Verdict, (string[])["valid", "invalid", "reference", "parse-only"]);
        var text = Encoding.UTF8.GetString(file.Read()).Trim();
        if (text.StartsWith("-----BEGIN", StringComparison.Ordinal))
            await CheckCertificatesAsync(file, text);
        else if (text.StartsWith('<'))
            CheckManifest(file);
        else if (text.StartsWith('{') || text.StartsWith('['))
            await CheckJsonAsync(file, JsonNode.Parse(text)!);
        else
            await CheckReportAsync(file, Convert.FromHexString(text));
    }

    public async ValueTask CheckCaseAsync(VectorEntry @case)
    {
        Assert.Contains(@case.Verdict, (string[])["valid", "refuse"]);
        byte[]? reportData = null;
        foreach (var member in @case.Expected?.EnumerateObject() ?? default)
        {
            if (member.Name == "report_data")
                reportData = Convert.FromHexString(member.Value.GetString()!);
            else
                Assert.Equal("rule", member.Name);
        }

        if (@case.Input("evidence") is { } evidence)
        {
            var devices = Devices(JsonNode.Parse(evidence)!)!;
            RequireVerdict(@case.Verdict == "valid", await VerifyAsync(devices, @case, reportData ?? Nonce(devices)));
            return;
        }

        var report = Convert.FromHexString(Encoding.ASCII.GetString(@case.Input("report")!).Trim());
        var chain = Encoding.Latin1.GetString(@case.Input("chain")!);
        RequireVerdict(@case.Verdict == "valid", await VerifyAsync(report, chain, @case, reportData));
        if (@case.Verdict != "valid" || reportData is null)
            return;

        // For another challenge, and for one that is too short to bind anything.
        reportData[0] ^= 1;
        Assert.IsType<Refused>(await VerifyAsync(report, chain, @case, reportData));
        Assert.IsType<Refused>(await VerifyAsync(report, chain, @case, report[4..35]));
    }

    private static async Task CheckReportAsync(VectorEntry file, byte[] bytes)
    {
        // The chain of a case with this report, else any that is its device's.
        var chains = file.Manifest.Cases.Where(one => one.InputPath("report") == file.Id)
            .Select(one => Encoding.Latin1.GetString(one.Input("chain")!)).Concat(Chains(file.Manifest)).ToArray();
        string? own = null;
        foreach (var chain in chains)
            own ??= await VerifyAsync(bytes, chain, file) is Verified ? chain : null;
        if (file.Verdict is "valid" or "invalid")
            Assert.Equal(file.Verdict == "valid", own is not null);

        foreach (var member in file.Expected?.EnumerateObject() ?? default)
            NvidiaExpectations.RequireReport(NvidiaReport.Parse(bytes), PemCertificates.Parse(own ?? chains[0]), member);
    }

    private static async Task CheckCertificatesAsync(VectorEntry file, string pem)
    {
        var certificates = PemCertificates.Parse(pem);
        if (file.Expected is { } expected)
        {
            var names = Assert.Single(expected.EnumerateObject());
            Assert.Equal("chain", names.Name);
            Assert.Equal(names.Value.EnumerateArray().Select(name => name.GetString()), certificates.Select(one => one.Subject.CommonName));
        }

        if (file.Verdict is not ("valid" or "invalid"))
            return;

        if (file.Text("what")!.Contains("chain", StringComparison.Ordinal))
        {
            // A chain is judged with the report it belongs to; without one, by its own checks.
            var refused = (Refused)await VerifyAsync(SomeReport(file.Manifest), pem, file);
            Assert.Equal(
                file.Verdict == "valid", !refused.Failures.Any(check => check.Id.StartsWith("nvidia.chain.", StringComparison.Ordinal)));
            return;
        }

        // A single certificate: a pinned root, or one that a genuine chain holds.
        var one = Assert.Single(certificates);
        var key = VerificationKey.Digest(one.SubjectPublicKeyInfo.Span);
        var known = key is NvidiaChain.DeviceRootKey or NvidiaManifestSignature.RootKey
            || Chains(file.Manifest).Any(chain => PemCertificates.Parse(chain).Any(other => other.Raw.Span.SequenceEqual(one.Raw.Span)));
        Assert.Equal(file.Verdict == "valid", known);
    }

    private static void CheckManifest(VectorEntry file)
    {
        string? problem;
        try
        {
            problem = NvidiaManifestSignature.FindProblem(NvidiaReferenceManifest.Parse(file.Read()), file.EvaluateAt);
        }
        catch (MalformedDataException error)
        {
            problem = error.Message;
        }

        // What is there for reference only need not be NVIDIA's.
        if (file.Verdict is "valid" or "invalid")
            Assert.True(file.Verdict == "valid" == problem is null, problem);
    }

    private static async Task CheckJsonAsync(VectorEntry file, JsonNode json)
    {
        switch (json)
        {
            case var _ when Devices(json) is { } devices:
                await CheckEvidenceAsync(file, devices);
                break;
            case JsonArray:
                Assert.NotEmpty(NrasResponse.Parse(file.Read()).Devices);
                break;
            case JsonObject certificates when certificates["x5c"] is JsonArray chain:
                Assert.All(chain, one => Assert.NotNull(Certificate.Parse(Convert.FromBase64String(one!.GetValue<string>()))));
                break;
            case JsonObject claims when claims["measurements"] is not null:
                await CheckClaimsAsync(file, claims);
                break;
            case JsonObject parsed when parsed["SPDMVersion"] is not null:
                NvidiaExpectations.RequireParsed(Reports(file.Manifest).Select(report => NvidiaReport.Parse(report)), parsed);
                break;
            default:
                Assert.Equal("parse-only", file.Verdict);
                Assert.NotEmpty(json.AsObject());
                break;
        }
    }

    private static async Task CheckEvidenceAsync(VectorEntry file, JsonArray devices)
    {
        var nonce = Nonce(devices);
        var verdict = await VerifyAsync(devices, file, nonce);
        RequireVerdict(file.Verdict == "valid", verdict);
        nonce[31] ^= 0x80;
        Assert.IsType<Refused>(await VerifyAsync(devices, file, nonce));
        if (verdict is Refused refused && refused.Failures.Any(check => check.Id == "nvidia.evidence.format"))
            return;

        var parsed = NvidiaEvidence.Parse(Wire(devices));
        var expected = file.Expected?.EnumerateArray().ToArray() ?? [];
        Assert.True(expected.Length == 0 || expected.Length == parsed.Count);
        for (var i = 0; i < expected.Length; i++)
        {
            foreach (var member in expected[i].EnumerateObject())
                NvidiaExpectations.RequireDevice(parsed[i], devices[i]!["nonce"]?.GetValue<string>(), member);
        }

        // Claims of each device, and only of eight GPUs with four switches those of a protected fabric.
        if (verdict is Verified verified)
            Assert.Equal(parsed.Count, verified.Claims.Count(claims => claims.TeeClass != "ppcie"));
    }

    private static async Task CheckClaimsAsync(VectorEntry file, JsonObject reference)
    {
        foreach (var report in Reports(file.Manifest))
        {
            foreach (var chain in Chains(file.Manifest))
            {
                var device = new JsonObject
                {
                    ["arch"] = reference["arch"]!.GetValue<string>(),
                    ["uuid"] = reference["uuid"]!.GetValue<string>(),
                    ["evidence"] = Convert.ToHexStringLower(report),
                    ["certificate"] = Convert.ToBase64String(Encoding.Latin1.GetBytes(chain)),
                };
                var verdict = await VerifyAsync([device], file, reportData: null);
                if (verdict is not Verified verified
                    || !JsonNode.DeepEquals(verified.Claims[0].Claims["measurements"], reference["measurements"]))
                    continue;

                Assert.All(
                    reference, claim => Assert.True(JsonNode.DeepEquals(claim.Value, verified.Claims[0].Claims[claim.Key]), claim.Key));
                return;
            }
        }

        Assert.Fail("no report of this folder has these measurements");
    }

    // As CoCo sends them, or as NVIDIA's SDK writes them to a file; null when it is neither.
    internal static JsonArray? Devices(JsonNode json) =>
        (json as JsonObject)?["device_evidence_list"] as JsonArray
        ?? (json is JsonArray list && list.All(device => device is JsonObject one && one.ContainsKey("evidence")) ? list : null);

    internal static byte[] Nonce(JsonArray devices) => devices[0]!["nonce"]?.GetValue<string>() is { } hex
        ? Convert.FromHexString(hex) : NvidiaEvidence.Parse(Wire(devices))[0].Report.Spdm.RequestNonce.ToArray();

    private static async Task<Verdict> VerifyAsync(JsonArray devices, VectorEntry entry, byte[]? reportData) =>
        await s_verifier.VerifyAsync(new() { Evidence = Wire(devices), At = entry.EvaluateAt, ReportData = reportData }, default);

    internal static byte[] Wire(JsonArray devices) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["device_evidence_list"] = new JsonArray([.. devices.Select(device => (JsonNode)new JsonObject(
            device!.AsObject().Where(one => one.Key is "arch" or "uuid" or "evidence" or "certificate")
                .Select(one => KeyValuePair.Create(one.Key, one.Value?.DeepClone()))))]),
    }.ToJsonString(s_withoutEscapes));

    private static async Task<Verdict> VerifyAsync(byte[] report, string chain, VectorEntry entry, byte[]? reportData = null) =>
        await s_verifier.VerifyReportAsync(
            report, chain, new() { Evidence = default, At = entry.EvaluateAt, ReportData = reportData }, default);

    private static void RequireVerdict(bool verified, Verdict verdict) => Assert.True(
        verified == verdict is Verified, string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed)));

    // One whose signature fails under any chain, so that what is left to fail are the checks of the chain.
    private static byte[] SomeReport(VectorManifest manifest)
    {
        var report = Reports(manifest).First();
        report[4] ^= 1;
        return report;
    }

    private static IEnumerable<byte[]> Reports(VectorManifest manifest) =>
        Texts(manifest, "valid").Where(text => text.Length > 0 && text.All(char.IsAsciiHexDigit)).Select(Convert.FromHexString);

    private static IEnumerable<string> Chains(VectorManifest manifest) =>
        Texts(manifest, "valid").Where(text => text.StartsWith("-----BEGIN", StringComparison.Ordinal)
            && PemCertificates.Parse(text).Count > 1);

    private static IEnumerable<string> Texts(VectorManifest manifest, string verdict) =>
        manifest.Files.Where(file => file.Verdict == verdict).Select(file => Encoding.UTF8.GetString(file.Read()).Trim());
}
