using Nacre.Evidence.Nvidia;
using Nacre.Formats;
using Nacre.Verifiers.Collateral;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// Compares a device with the manifests of its driver and its VBIOS (evidence.md 13.1). What came of it is in the claims, with the names of
/// NVIDIA's remote service; it refuses the device only where the options require manifests.
/// </summary>
internal static class NvidiaManifestChecks
{
    private const string Id = "nvidia.manifest";

    // Index 35 belongs to a video decoder; when that is off (0x55) its measurement says nothing.
    private const int DecoderMeasurement = 36;
    private const byte DecoderOn = 0xaa;

    /// <summary>What came of it; null without a source of manifests.</summary>
    public static async ValueTask<NvidiaManifestClaims?> RequireAsync(
        CheckList checks, string name, NvidiaReport report, NvidiaArchitecture architecture, NvidiaOptions options, DateTimeOffset at,
        CancellationToken cancel)
    {
        var parts = new Dictionary<string, NvidiaManifestPart>();
        var golden = new Dictionary<int, IReadOnlyList<byte[]>>();
        var whole = options.Manifests is not null;
        foreach (var wanted in Wanted(report, architecture))
        {
            var (manifest, problem) = await FindAsync(wanted, options, at, cancel);
            Conclude(
                checks, $"{Id}.{wanted.Part}", $"{name}: {wanted.Id}", "NVIDIA's manifest of this release", problem,
                options.RequireManifests);
            whole &= problem is null;
            if (options.Manifests is null)
                continue;

            parts.Add(wanted.Part, new(manifest is not null, problem is null));
            if (problem is not null)
                continue;

            foreach (var (index, digests) in manifest!.Golden)
                whole &= golden.TryAdd(index, digests);
        }

        if (options.Manifests is null)
            return null;

        var wrong = whole ? FindWrong(report, golden) : null;
        Conclude(
            checks, $"{Id}.measurements", $"{name}: measurements", $"{golden.Count} of them as in the manifests",
            !whole ? "there is no whole set of manifests without contradictions" : wrong, options.RequireManifests);
        return new(!whole ? NvidiaManifestResult.Absent : wrong is null ? NvidiaManifestResult.Success : NvidiaManifestResult.Fail, parts);
    }

    private static void Conclude(CheckList checks, string id, string subject, string expected, string? problem, bool required)
    {
        if (problem is null || required)
            checks.Require(
                problem is null, id, subject, expected, problem ?? "it is so",
                "install a release of driver and VBIOS that NVIDIA has a manifest for");
        else
            checks.NotMade(id, subject, problem);
    }

    private static IEnumerable<(string Part, string Id, string Version, string Product)> Wanted(
        NvidiaReport report, NvidiaArchitecture architecture)
    {
        var vbios = (report.VbiosVersion ?? "").ToUpperInvariant();
        var digits = vbios.Replace(".", "", StringComparison.Ordinal);
        var chip = report.FindText(NvidiaOpaqueField.ChipInfo) ?? (architecture == NvidiaArchitecture.Blackwell ? "GB100" : "GH100");
        if (architecture == NvidiaArchitecture.Ls10)
        {
            // A switch does not report its board; there is one (evidence.md 13.1, NV_SWITCH_BIOS).
            yield return ("bios", $"NV_SWITCH_BIOS_5612_0002_890_{digits}", vbios, "LS10");
            yield break;
        }

        var driver = report.DriverVersion ?? "";
        NvidiaOpaqueField[] parts = [NvidiaOpaqueField.Project, NvidiaOpaqueField.ProjectSku, NvidiaOpaqueField.ChipSku];
        var board = string.Join('_', parts.Select(report.FindText));
        yield return ("driver", $"NV_GPU_DRIVER_{chip}_{driver}", driver, chip);
        yield return ("vbios", $"NV_GPU_VBIOS_{board}_{digits}", vbios, chip);
    }

    private static async ValueTask<(NvidiaReferenceManifest? Manifest, string? Problem)> FindAsync(
        (string Part, string Id, string Version, string Product) wanted, NvidiaOptions options, DateTimeOffset at, CancellationToken cancel)
    {
        if (options.Manifests is not { } source)
            return (null, "no source of manifests is configured");

        try
        {
            if (await source.FindAsync(wanted.Id, cancel) is not { } xml)
                return (null, "there is no manifest of this release");

            var manifest = NvidiaReferenceManifest.Parse(xml);
            var other = !string.Equals(manifest.Version, wanted.Version, StringComparison.OrdinalIgnoreCase)
                || manifest.Product != wanted.Product;
            return (manifest, NvidiaManifestSignature.FindProblem(manifest, at)
                ?? (other ? $"it is for {manifest.Product} {manifest.Version}" : null)
                ?? (manifest.Golden.Count == 0 ? "it has no measurement to compare" : null));
        }
        catch (Exception error) when (error is MalformedDataException or CollateralUnavailableException)
        {
            return (null, error.Message);
        }
    }

    private static string? FindWrong(NvidiaReport report, Dictionary<int, IReadOnlyList<byte[]>> golden)
    {
        var found = report.Spdm.Blocks.ToDictionary(block => (int)block.Index, block => block.Value);
        var decoder = report.Find(NvidiaOpaqueField.Nvdec0Status) is [DecoderOn];
        var wrong = golden.Where(one => decoder || one.Key != DecoderMeasurement)
            .Where(one => !found.TryGetValue(one.Key, out var value) || !one.Value.Any(digest => digest.AsSpan().SequenceEqual(value.Span)))
            .Select(one => one.Key).Order().ToArray();
        return wrong.Length == 0 ? null : $"{string.Join(", ", wrong)} are others";
    }
}
