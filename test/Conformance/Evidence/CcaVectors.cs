using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Evidence.Cca;
using Nacre.Formats;
using Nacre.Formats.Corim;
using Nacre.Formats.Cose;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Cca;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of Arm CCA. A token names no anchor, so a file is tried under each store of its manifest.</summary>
internal sealed class CcaVectors : IVectorSubject
{
    private static readonly string[] s_caseVerdicts = ["valid", "refuse"];

    // Reference values are for policy to compare, not for the verifier.
    private static readonly string[] s_inputs = ["token", "ta_store", "rv_store"];

    private static readonly Dictionary<string, string> s_checks = new()
    {
        ["platform_signature"] = "cca.platform.signature",
        ["realm_signature"] = "cca.realm.signature",
        ["binding"] = "cca.binding",
    };

    public string Tee => "cca";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Verdict == "reference")
            return;

        if (IsCorim(bytes))
            RequireParse(file, () => CcaEndorsements.Create(CorimManifest.Parse(bytes)));
        else if (bytes[0] is (byte)'{' or (byte)'[')
            await CheckJsonAsync(file, bytes);
        else if (IsCollection(bytes))
            CheckToken(file, bytes);
        else
            CheckPart(file, bytes);
    }

    public ValueTask CheckCaseAsync(VectorEntry @case)
    {
        // A store with a key that is no point of its curve is refused as a whole: nothing verifies under it.
        CcaTrustAnchors? anchors = null;
        if (!Try(() => anchors = CcaTrustAnchors.FromJson(@case.Input("ta_store")!)))
        {
            Assert.Equal("refuse", @case.Verdict);
            return ValueTask.CompletedTask;
        }

        var verdict = Verify(anchors!, @case.Input("token")!, @case.EvaluateAt);
        Assert.Contains(@case.Verdict, s_caseVerdicts);
        Assert.Equal(@case.Verdict == "valid", verdict is Verified);
        Assert.All(@case.Json.GetProperty("inputs").EnumerateObject(), input => Assert.Contains(input.Name, s_inputs));
        foreach (var expected in @case.Expected?.EnumerateObject() ?? default)
            Assert.Equal($"{expected.Name}={expected.Value}", $"{expected.Name}={Passed(verdict, s_checks[expected.Name])}");

        return ValueTask.CompletedTask;
    }

    private static void CheckToken(VectorEntry file, byte[] bytes)
    {
        var verdicts = Stores(file).Select(anchors => Verify(anchors, bytes, file.EvaluateAt)).ToList();
        switch (file.Verdict)
        {
            case "valid-under-test-anchor" or "valid":
                Assert.Contains(verdicts, verdict => verdict is Verified || IsOnlyWithoutAnchor(verdict));
                break;
            case "invalid":
                Assert.All(verdicts, verdict => Assert.IsType<Refused>(verdict));
                Assert.DoesNotContain(verdicts, IsOnlyWithoutAnchor);
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }

        if (file.Expected is { } expected)
            CcaTokenFields.Check(CcaToken.Parse(bytes), verdicts[0], expected);
    }

    // Where the manifest has no anchor for the platform, all the rest must be right.
    private static bool IsOnlyWithoutAnchor(Verdict verdict) => verdict is Refused refused && refused.Failures.All(check => check.Id == "cca.platform.anchor");

    private static async Task CheckJsonAsync(VectorEntry file, byte[] bytes)
    {
        using var document = JsonDocument.Parse(bytes);
        if (document.RootElement.TryGetProperty("token", out var token))
        {
            await CheckEvidenceAsync(file, bytes, [.. token.EnumerateArray().Select(number => number.GetByte())]);
            return;
        }

        var isPlatform = document.RootElement.EnumerateObject().Any(member => member.Name.StartsWith("cca-platform", StringComparison.Ordinal));
        RequireParse(file, () =>
        {
            var claims = CcaJsonClaims.ToCbor(document.RootElement);
            _ = isPlatform ? (object)CcaPlatformClaims.Parse(claims) : CcaRealmClaims.Parse(claims);
        });
    }

    // Evidence in JSON ends as the token in it does; the manifest says of it what it says of the same bytes on their own.
    private static async Task CheckEvidenceAsync(VectorEntry file, byte[] evidence, byte[] token)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(token));
        var same = file.Manifest.Files.FirstOrDefault(other => other.Text("sha256") == digest);
        foreach (var anchors in Stores(file))
        {
            var submission = new EvidenceSubmission { Evidence = evidence, At = file.EvaluateAt };
            var verdict = await new CcaVerifier(new() { TrustAnchors = anchors }).VerifyAsync(submission, default);
            Assert.Equal(Verify(anchors, token, file.EvaluateAt).Checks, verdict.Checks);
        }

        var original = file.Verdict.StartsWith("see ", StringComparison.Ordinal) ? same : file;
        if (original is not null)
            CheckToken(original, token);
    }

    // Half a token, a claims set without signature, endorsements, or something else of the field.
    private static void CheckPart(VectorEntry file, byte[] bytes)
    {
        switch (file.Verdict)
        {
            case "valid-under-test-anchor":
                var platform = CcaPlatformToken.Parse(bytes);
                Assert.Contains(PlatformKeys(file), platform.Message.Verify);
                break;
            case "parse-only" or "valid":
                Assert.True(IsClaims(bytes) || IsMessage(bytes), "it is neither a claims set nor a signed message");
                break;
            case "invalid":
                Assert.False(IsClaims(bytes) || IsPlatformToken(bytes), "it parses");
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }
    }

    private static void RequireParse(VectorEntry file, Action parse)
    {
        if (file.Verdict == "invalid")
            Assert.ThrowsAny<Exception>(parse).RequireDocumented();
        else
            parse();
    }

    private static bool IsCorim(byte[] bytes) => bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xd9, 0x01, 0xf5]);

    private static bool IsCollection(byte[] bytes) => bytes.Length > 3 && bytes[0] == 0xd9;

    private static bool IsClaims(byte[] bytes) =>
        Try(() => CcaPlatformClaims.Parse(bytes)) || Try(() => CcaRealmClaims.Parse(bytes));

    private static bool IsPlatformToken(byte[] bytes) => Try(() => CcaPlatformToken.Parse(bytes));

    private static bool IsMessage(byte[] bytes) => Try(() => CoseSign1.Parse("message", bytes, bytes.Length));

    private static bool Try(Action parse)
    {
        try
        {
            parse();
            return true;
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    private static IEnumerable<CcaTrustAnchors> Stores(VectorEntry file)
    {
        foreach (var other in file.Manifest.Files.Where(other => other.Verdict == "reference" && other.Id.EndsWith(".json", StringComparison.Ordinal)))
        {
            CcaTrustAnchors? anchors = null;
            Try(() => anchors = CcaTrustAnchors.FromJson(other.Read()));
            if (anchors is { Count: > 0 })
                yield return anchors;
        }
    }

    private static IEnumerable<VerificationKey> PlatformKeys(VectorEntry file)
    {
        foreach (var other in file.Manifest.Files.Where(other => other.Id.EndsWith(".pem", StringComparison.Ordinal)))
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(Encoding.ASCII.GetString(other.Read()));
            yield return VerificationKey.Import(key.ExportSubjectPublicKeyInfo());
        }
    }

    private static bool Passed(Verdict verdict, string id) => verdict.Checks.Any(check => check.Id == id && check.Outcome == CheckOutcome.Passed);

    private static Verdict Verify(CcaTrustAnchors anchors, byte[] token, DateTimeOffset at) =>
        new CcaVerifier(new() { TrustAnchors = anchors }).VerifyToken(token, new() { Evidence = default, At = at });
}
