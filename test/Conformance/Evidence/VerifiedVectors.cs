using System.Text.Json.Nodes;
using Nacre.Evidence.Sample;
using Nacre.Evidence.Se;
using Nacre.Formats;
using Nacre.UnitTests.Verifiers.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.HygonDcu;
using Nacre.Verifiers.Sample;
using Nacre.Verifiers.Se;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The claims of every vector that verifies, and of machines of these tests for TEEs of which no real one has made any public.</summary>
internal static class VerifiedVectors
{
    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Each with the name of its vector.</summary>
    public static async Task<IReadOnlyList<(string Id, VerifiedClaims Claims)>> ClaimsOfAsync(string tee, IReadOnlyList<VectorManifest> manifests)
    {
        var verdicts = new List<(string Id, Verdict Verdict)>();
        foreach (var vector in manifests.Where(manifest => manifest.Tee == tee).SelectMany(GenuineVectors.Of))
            verdicts.Add((vector.Id, await vector.VerifyAsync()));
        if (await VerifyOwnAsync(tee) is { } own)
            verdicts.Add(("a machine of these tests", own));

        return [.. verdicts.SelectMany(one => ((one.Verdict as Verified)?.Claims ?? []).Select(claims => (one.Id, claims)))];
    }

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
}
