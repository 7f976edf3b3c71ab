using System.Text;
using System.Text.Json;
using Nacre.Evidence.Nitro;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Nitro;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of AWS Nitro Enclaves.</summary>
internal sealed class NitroVectors : IVectorSubject
{
    private static readonly NitroVerifier s_strict = new(new());
    private static readonly NitroVerifier s_lax = new(new() { AllowDebug = true });

    private static readonly string[] s_pemVerdicts = ["valid", "reference", "parse-only"];

    public string Tee => "nitro";

    public ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (bytes.AsSpan().StartsWith("-----BEGIN"u8))
            CheckPem(file, Encoding.ASCII.GetString(bytes));
        else
            CheckDocument(file, IsBase64(bytes) ? Convert.FromBase64String(Encoding.ASCII.GetString(bytes)) : bytes);

        return ValueTask.CompletedTask;
    }

    public ValueTask CheckCaseAsync(VectorEntry @case)
    {
        var document = @case.Input("document") ?? throw new InvalidOperationException("the case names no document");
        CheckVerdict(@case.Verdict, document, @case.EvaluateAt);
        return ValueTask.CompletedTask;
    }

    private static void CheckDocument(VectorEntry file, byte[] bytes)
    {
        if (file.Expected is { } expected)
            CheckFields(NitroDocument.Parse(bytes), expected);
        if (file.Verdict == "parse-only")
            NitroDocument.Parse(bytes);
        else
            CheckVerdict(file.Verdict, bytes, file.EvaluateAt);
        if (file.Expected is not { } values)
            return;

        var verdict = Verify(s_strict, bytes, file.EvaluateAt);
        Assert.Equal(values.GetProperty("sig").GetBoolean(), Passed(verdict, "nitro.signature"));
        Assert.Equal(NitroDocument.Parse(bytes).Authorities.Count, values.GetProperty("chain").GetArrayLength());
        Assert.Equal(values.GetProperty("chain").EnumerateArray().All(link => link.GetBoolean()), Passed(verdict, "nitro.chain.issuer"));
        Assert.Equal(values.GetProperty("root").GetString(), verdict.Checks.Single(check => check.Id == "nitro.chain.root").Found);
        if (file.Find("valid_window") is { } window)
            CheckWindow(bytes, Time(window.GetProperty("from")), Time(window.GetProperty("until")));
    }

    // The certificates are in date from the first second of the window to the last, and in no other.
    private static void CheckWindow(byte[] document, DateTimeOffset from, DateTimeOffset until)
    {
        Assert.True(Passed(Verify(s_lax, document, from), "nitro.chain.validity"));
        Assert.True(Passed(Verify(s_lax, document, until), "nitro.chain.validity"));
        Assert.False(Passed(Verify(s_lax, document, from.AddSeconds(-1)), "nitro.chain.validity"));
        Assert.False(Passed(Verify(s_lax, document, until.AddSeconds(1)), "nitro.chain.validity"));
    }

    private static void CheckVerdict(string expected, byte[] bytes, DateTimeOffset at)
    {
        var verdict = Verify(s_strict, bytes, at);
        switch (expected)
        {
            case "valid":
                Assert.IsType<Verified>(verdict);
                break;
            case "policy-refuse":
                Assert.Equal(["nitro.debug"], Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id));
                Assert.IsType<Verified>(Verify(s_lax, bytes, at));
                break;
            case "invalid" or "refuse" or "unsupported":
                Assert.IsType<Refused>(verdict);
                Assert.IsType<Refused>(Verify(s_lax, bytes, at));
                break;
            default:
                Assert.Fail($"the verdict '{expected}' is not known");
                break;
        }
    }

    private static void CheckPem(VectorEntry file, string pem)
    {
        foreach (var certificate in PemCertificates.Parse(pem))
        {
            var isPinned = VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span) == NitroOptions.AwsRootKeyDigest;
            if (file.Verdict == "valid")
                Assert.True(isPinned && CertificateIssuance.FindProblem(certificate, certificate) is null);
            if (file.Verdict == "reference")
                Assert.False(isPinned);
            Assert.Contains(file.Verdict, s_pemVerdicts);
        }

        // What a certificate carries was genuine when it was made, or else was made in debug mode.
        foreach (var document in NitroDocumentInCertificate.Find(pem).Select(bytes => (Bytes: bytes, Parsed: NitroDocument.Parse(bytes))))
            CheckVerdict(document.Parsed.IsDebug ? "policy-refuse" : "valid", document.Bytes, document.Parsed.Timestamp);
    }

    private static void CheckFields(NitroDocument document, JsonElement expected)
    {
        foreach (var member in expected.EnumerateObject())
        {
            switch (member.Name)
            {
                case "module_id":
                    Assert.Equal(member.Value.GetString(), document.ModuleId);
                    break;
                case "digest":
                    Assert.Equal(member.Value.GetString(), document.Digest);
                    break;
                case "ts":
                    Assert.Equal(Time(member.Value), document.Timestamp);
                    break;
                case "user_data":
                    Assert.Equal(member.Value.GetString(), Hex(document.UserData));
                    break;
                case "nonce":
                    Assert.Equal(member.Value.GetString(), Hex(document.Nonce));
                    break;
                case "public_key":
                    Assert.Equal(member.Value.GetString(), Hex(document.PublicKey));
                    break;
                case "pcrs":
                    Assert.Equal(
                        member.Value.EnumerateObject().Select(register => $"{register.Name}={register.Value.GetString()}").Order(),
                        document.Registers.Where(register => register.Value.AsSpan().ContainsAnyExcept((byte)0))
                            .Select(register => $"{register.Key}={Hex(register.Value)}").Order());
                    break;
                case "sig" or "chain" or "root":
                    break;
                default:
                    Assert.Fail($"the expected value '{member.Name}' is not known");
                    break;
            }
        }
    }

    private static DateTimeOffset Time(JsonElement text) =>
        DateTimeOffset.Parse(text.GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsBase64(byte[] bytes) => System.Buffers.Text.Base64.IsValid(bytes);

    private static string? Hex(byte[]? value) => value is null ? null : Convert.ToHexStringLower(value);

    private static bool Passed(Verdict verdict, string id) => verdict.Checks.Any(check => check.Id == id && check.Outcome == CheckOutcome.Passed);

    private static Verdict Verify(NitroVerifier verifier, byte[] document, DateTimeOffset at) =>
        verifier.VerifyDocument(document, new() { Evidence = default, At = at });
}
