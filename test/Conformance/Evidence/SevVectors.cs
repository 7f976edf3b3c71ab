using System.Text.Json;
using Nacre.Evidence.Sev;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Verifiers;
using Nacre.Verifiers.Sev;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of SEV and SEV-ES: certificate chains and launch measurements.</summary>
internal sealed class SevVectors : IVectorSubject
{
    public string Tee => "sev";

    public ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Id.EndsWith("measurement/expected.json", StringComparison.Ordinal))
            CheckMeasurements(file, bytes);
        else if (file.Verdict == "reference")
            Assert.NotEmpty(bytes);
        else if (file.Verdict == "parse-only")
            Assert.Equal(JsonValueKind.Object, StrictJson.Parse(bytes, "kbs", bytes.Length).RootElement.ValueKind);
        else
            CheckCertificate(file, bytes);

        return ValueTask.CompletedTask;
    }

    public ValueTask CheckCaseAsync(VectorEntry @case)
    {
        if (@case.InputPath("ark") is null)
        {
            var signed = SevChain.IsSigned(SevCertificate.Parse(@case.Input("cek")), AmdAuthorityCertificate.Parse(@case.Input("ask")));
            Assert.Equal(@case.Verdict == "valid", signed);
            return ValueTask.CompletedTask;
        }

        var checks = new CheckList();
        var chain = Chain(@case, @case.Input("pek")!);
        Assert.Equal(@case.Verdict == "valid", chain.Require(checks));
        Assert.DoesNotContain(checks.Checks, check => check.Outcome == CheckOutcome.NotMade);

        // Every bit of the platform's certificate is covered, but for the slots themselves, which name who signed.
        var pek = @case.Input("pek")!;
        for (var bit = 0; bit < 8 * pek.Length; bit += 61)
        {
            pek[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Holds(@case, pek), $"bit {bit}");
            pek[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return ValueTask.CompletedTask;
    }

    private static bool Holds(VectorEntry @case, byte[] pek)
    {
        try
        {
            return Chain(@case, pek).Require(new());
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    private static SevChain Chain(VectorEntry @case, byte[] pek) => new(
        AmdAuthorityCertificate.Parse(@case.Input("ark")), AmdAuthorityCertificate.Parse(@case.Input("ask")), SevCertificate.Parse(@case.Input("cek")),
        SevCertificate.Parse(@case.Input("oca")), SevCertificate.Parse(pek), SevCertificate.Parse(@case.Input("pdh")));

    private static void CheckCertificate(VectorEntry file, byte[] bytes)
    {
        if (bytes.Length == SevCertificate.Size)
        {
            var certificate = SevCertificate.Parse(bytes);
            var genuine = file.Manifest.Cases.FirstOrDefault(c => c.Verdict == "valid" && c.InputPath("cek") is not null && c.InputPath("pek") is not null);
            if (certificate.Usage == SevKeyUsage.Pek && genuine is not null)
                Assert.Equal(file.Verdict == "valid", Holds(genuine, bytes));
            return;
        }

        if (file.Verdict == "invalid")
        {
            Assert.Throws<MalformedDataException>(() => AmdAuthorityCertificate.Parse(bytes));
            return;
        }

        var authority = AmdAuthorityCertificate.Parse(bytes);
        var root = AmdAuthorityCertificate.Parse(file.Manifest.Read(Path.Combine(Path.GetDirectoryName(file.Id)!, "ark.cert")));
        Assert.True(SevChain.IsSigned(authority, root));
    }

    private static void CheckMeasurements(VectorEntry file, byte[] json)
    {
        var folder = Path.GetDirectoryName(file.Id)!;
        var root = JsonDocument.Parse(json).RootElement;
        var key = file.Manifest.Read(Path.Combine(folder, root.GetProperty("tik").GetString()!));
        var firmware = file.Manifest.Read(Path.Combine(folder, root.GetProperty("ovmf").GetString()!));
        foreach (var vector in root.GetProperty("vectors").EnumerateArray())
        {
            var table = !vector.TryGetProperty("kernel", out var kernel) ? [] : SevLaunchDigest.HashTable(
                file.Manifest.Read(Path.Combine(folder, kernel.GetString()!)),
                file.Manifest.Read(Path.Combine(folder, vector.GetProperty("initrd").GetString()!)), vector.GetProperty("cmdline").GetString()!);
            var measurement = new SevLaunchMeasurement
            {
                ApiMajor = vector.GetProperty("api_major").GetByte(),
                ApiMinor = vector.GetProperty("api_minor").GetByte(),
                Build = vector.GetProperty("build").GetByte(),
                Policy = vector.GetProperty("policy").GetUInt32(),
                LaunchDigest = vector.TryGetProperty("launch_digest_b64", out var digest)
                    ? digest.GetBytesFromBase64() : SevLaunchDigest.Compute(firmware, table, []),
            };

            var expected = vector.GetProperty("expected_b64").GetBytesFromBase64();
            Assert.True(measurement.Verify(key, expected), vector.GetProperty("id").GetString());
            expected[40] ^= 1;
            Assert.False(measurement.Verify(key, expected));
            Assert.False((measurement with { Policy = measurement.Policy ^ 1 }).Verify(key, vector.GetProperty("expected_b64").GetBytesFromBase64()));
        }
    }
}
