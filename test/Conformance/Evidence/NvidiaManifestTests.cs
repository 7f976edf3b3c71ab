using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Formats;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Nvidia;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>A genuine switch against NVIDIA's manifest of its firmware, and against manifests that are not; the protected fabric.</summary>
[Trait("Group", "EvidenceNvidia")]
public sealed class NvidiaManifestTests
{
    private const string Manifest = "nvidia/rim/switchVBIOSRim_NV_SWITCH_BIOS_5612_0002_890_9610550001.xml";

    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_switch_with_the_firmware_of_its_manifest_succeeds()
    {
        var asked = new List<string>();
        var verified = Assert.IsType<Verified>(await VerifyAsync(SharedVectors.Read(Manifest), required: true, asked));
        var claims = Assert.Single(verified.Claims).Claims;
        Assert.Equal(["NV_SWITCH_BIOS_5612_0002_890_9610550001"], asked);
        Assert.Equal("success", (string?)claims["measres"]);
        Assert.True((bool?)claims["x-nvidia-switch-bios-rim-signature-verified"]);
        Assert.Equal("96.10.55.00.01", (string?)claims["x-nvidia-switch-bios-version"]);
    }

    [Theory]
    [InlineData("nvidia/rim/NV_SWITCH_BIOS_5612_0002_890_9610550001_invalid_signature.xml")]
    [InlineData("nvidia/rim/NV_GPU_DRIVER_GH100_550.144.03.xml")]
    [InlineData("nvidia/rim/incorrect_cert_chain_driver_rim.xml")]
    [InlineData(null)]
    public async Task Another_manifest_or_none_is_said_in_the_claims_and_refused_where_one_is_required(string? path)
    {
        var xml = path is null ? null : SharedVectors.Read(path);
        Assert.Equal(["nvidia.manifest.bios", "nvidia.manifest.measurements"], Failures(await VerifyAsync(xml, required: true)));
        var claims = Assert.IsType<Verified>(await VerifyAsync(xml, required: false)).Claims[0].Claims;
        Assert.Equal("absent", (string?)claims["measres"]);
        Assert.False((bool?)claims["x-nvidia-switch-bios-rim-signature-verified"]);
    }

    [Fact]
    public async Task A_manifest_is_worth_nothing_when_its_certificates_have_expired() => Assert.Equal(
        ["nvidia.manifest.bios", "nvidia.manifest.measurements"],
        Failures(await VerifyAsync(SharedVectors.Read(Manifest), required: true, at: new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero))));

    [Fact]
    public async Task A_source_that_does_not_answer_is_no_manifest()
    {
        var verifier = new NvidiaVerifier(new() { Manifests = new Silent(), RequireManifests = true });
        var verdict = await verifier.VerifyReportAsync(Report(), Chain(), new() { Evidence = default, At = s_at }, default);
        Assert.Contains("nvidia.manifest.bios", Failures(verdict));
    }

    [Fact]
    public void A_changed_manifest_is_refused_or_means_the_same()
    {
        var xml = SharedVectors.Read(Manifest);
        var genuine = NvidiaReferenceManifest.Parse(xml);
        Assert.Null(NvidiaManifestSignature.FindProblem(genuine, s_at));

        // White space within base64 is all that may differ.
        var random = new Random(1);
        for (var i = 0; i < 1200; i++)
        {
            var bit = random.Next(8 * xml.Length);
            xml[bit / 8] ^= (byte)(1 << (bit % 8));
            var changed = Read(xml);
            Assert.True(changed is null || Values(changed).SequenceEqual(Values(genuine)), $"bit {bit}");
            xml[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < xml.AsSpan().TrimEnd("\n"u8).Length; length += 97)
            Assert.Null(Read(xml[..length]));
    }

    [Theory]
    [InlineData("<SoftwareIdentity ", "<!DOCTYPE a [<!ENTITY b \"c\">]><SoftwareIdentity ")]
    [InlineData("<ns0:Payload", "<!-- --><ns0:Payload")]
    [InlineData("<ns0:Payload", "<?a b?><ns0:Payload")]
    [InlineData("Reference URI=\"\"", "Reference URI=\"#a\"")]
    [InlineData("xmldsig-more#ecdsa-sha384", "xmldsig-more#hmac-sha384")]
    [InlineData("active=\"True\"", "active=\"False\"")]
    [InlineData("alternatives=\"1\"", "alternatives=\"2\"")]
    [InlineData("index=\"1\"", "index=\"0\"")]
    [InlineData("</ds:Signature>", "</ds:Signature><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>")]
    public void Refuses_manifests_that_were_rearranged(string part, string replacement)
    {
        var xml = Encoding.UTF8.GetString(SharedVectors.Read(Manifest));
        Assert.Contains(part, xml, StringComparison.Ordinal);
        Assert.Null(Read(Encoding.UTF8.GetBytes(xml.Replace(part, replacement, StringComparison.Ordinal))));
    }

    [Fact]
    public async Task The_ids_of_manifests_cannot_lead_out_of_their_folder()
    {
        var folder = Directory.CreateTempSubdirectory("nacre-manifests");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "a.xml"), "<a/>");
            var source = new NvidiaFileManifests(Path.Combine(folder.FullName));
            Assert.NotNull(await source.FindAsync("a", default));
            Assert.Null(await source.FindAsync("b", default));
            Assert.Null(await source.FindAsync("./a", default));
            Assert.Null(await source.FindAsync("", default));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Eight_gpus_and_four_switches_that_name_each_other_are_a_protected_fabric()
    {
        var switches = Devices("nvidia/evidence-json/ppcie_switch_evidence.json");
        var gpu = Assert.Single(Devices("nvidia/evidence-json/hopper_evidence.json"));
        (NvidiaArchitecture, NvidiaReport)[] fabric = [.. Enumerable.Repeat(gpu, 8), .. switches];
        Assert.True(NvidiaPpcie.IsComplete(fabric));
        Assert.False(NvidiaPpcie.IsComplete(fabric[1..]));
        Assert.False(NvidiaPpcie.IsComplete(fabric[..^1]));
        Assert.False(NvidiaPpcie.IsComplete([.. fabric, gpu]));

        // Another GPU of the same machine will do; one of another machine will not, nor one switch twice.
        Assert.True(NvidiaPpcie.IsComplete([.. fabric[1..], .. Devices("nvidia/evidence-json/evidence_hopper_590_12.json")]));
        var foreign = NvidiaReport.Parse(Hex("nvidia/sdk/hopperAttestationReportInvalidSignature.txt"));
        Assert.False(NvidiaPpcie.IsComplete([.. fabric[1..], (NvidiaArchitecture.Hopper, foreign)]));
        Assert.False(NvidiaPpcie.IsComplete([.. fabric[..^1], switches[0]]));
    }

    private static NvidiaReferenceManifest? Read(byte[] xml)
    {
        try
        {
            var manifest = NvidiaReferenceManifest.Parse(xml);
            return NvidiaManifestSignature.FindProblem(manifest, s_at) is null ? manifest : null;
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Values(NvidiaReferenceManifest manifest) =>
        manifest.Golden.Select(one => $"{one.Key} {string.Join(',', one.Value.Select(Convert.ToHexString))}")
            .Append(manifest.Product).Append(manifest.Version);

    private static async Task<Verdict> VerifyAsync(byte[]? xml, bool required, List<string>? asked = null, DateTimeOffset? at = null) =>
        await new NvidiaVerifier(new() { Manifests = new One(xml, asked ?? []), RequireManifests = required })
            .VerifyReportAsync(Report(), Chain(), new() { Evidence = default, At = at ?? s_at }, default);

    private static string[] Failures(Verdict verdict) => [.. Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id)];

    private static byte[] Report() => Hex("nvidia/sdk/switchAttestationReport.txt");

    private static byte[] Hex(string path) => Convert.FromHexString(Encoding.ASCII.GetString(SharedVectors.Read(path)).Trim());

    private static string Chain() => Encoding.ASCII.GetString(SharedVectors.Read("nvidia/sdk/switchCertChain.txt"));

    private static (NvidiaArchitecture, NvidiaReport)[] Devices(string path) =>
        [.. JsonNode.Parse(SharedVectors.Read(path))!.AsArray().Select(device => (
        NvidiaArchitectures.Parse(device!["arch"]!.GetValue<string>()),
        NvidiaReport.Parse(Convert.FromBase64String(device["evidence"]!.GetValue<string>()))))];

    private sealed class One(byte[]? xml, List<string> asked) : INvidiaManifestSource
    {
        public ValueTask<byte[]?> FindAsync(string id, CancellationToken cancel)
        {
            asked.Add(id);
            return ValueTask.FromResult(xml);
        }
    }

    private sealed class Silent : INvidiaManifestSource
    {
        public ValueTask<byte[]?> FindAsync(string id, CancellationToken cancel) =>
            throw new CollateralUnavailableException(id, "here", "no answer");
    }
}
