using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Nacre.Images.Bundle;
using Nacre.Images.Copy;
using Nacre.Images.Encryption;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;
using Nacre.Images.Unpack;
using Nacre.Linux.Files;

namespace Nacre.Images.Pull;

public sealed record PullOptions
{
    public RegistryOptions Registry { get; init; } = new();
    public UnpackOptions Unpack { get; init; } = new();

    /// <summary>Where signatures are looked for besides the registry.</summary>
    public SignatureOptions Signatures { get; init; } = new();

    /// <summary>Which image of an index. The default is this machine's architecture.</summary>
    public Platform Platform { get; init; } = new("linux", GoArchitecture(RuntimeInformation.ProcessArchitecture), Variant: null);

    /// <summary>Further ways to open layers, tried after the key broker.</summary>
    public IReadOnlyList<ILayerKeyUnwrapper> Unwrappers { get; init; } = [];

    /// <summary>How many layers are fetched and decompressed at once; each takes up to 8 MB of buffers.</summary>
    public int LayersAtOnce { get; init; } = 3;

    private static string GoArchitecture(Architecture architecture) => architecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.X86 => "386",
        Architecture.LoongArch64 => "loong64",
        Architecture.Ppc64le => "ppc64le",
        var other => other.ToString().ToLowerInvariant(),
    };
}

/// <summary>What was pulled, for reports and measurements.</summary>
public sealed record PullResult(
    Digest ManifestDigest, Digest? IndexDigest, IReadOnlyList<PulledLayer> Layers, PolicyDecision Decision, IReadOnlyList<string> Notes);

public sealed record PulledLayer(Digest Digest, Digest DiffId, bool Encrypted, long Size);

/// <summary>
/// From a name to an OCI bundle: policy and signature first, then every layer in one pass. All is built in a directory beside the bundle
/// and renamed when every MAC, digest and diff_id was right; on any failure that directory is removed and nothing is to be seen.
/// </summary>
public sealed class ImagePuller(IResourceSource? resources, ImagePolicy policy, PullOptions options, IProgress<ImageProgress>? progress = null)
{
    /// <exception cref="ImageException">Any refusal or failure.</exception>
    public async Task<PullResult> PullAsync(ImageLocation location, string bundleDirectory, CancellationToken cancel)
    {
        var bundle = Path.TrimEndingDirectorySeparator(Path.GetFullPath(bundleDirectory));
        RequireFree(bundle);

        await using var source = location.OpenSource(options.Registry);
        var (index, manifest) = await source.GetImageAsync(digest: null, options.Platform, cancel);

        // 1. May it be used at all? Nothing of it is fetched before.
        Digest[] digests = index is null ? [manifest.Digest] : [manifest.Digest, index.Digest];
        var decision = await new PolicyEvaluator(policy, resources, options.Signatures).EvaluateAsync(location, source, digests, cancel);
        if (!decision.Accepted)
            throw decision.ToException(location.ToString());

        // 2. The configuration says what each layer must be once it is unpacked.
        var config = await ReadConfigAsync(source, manifest, cancel);

        // 3. Layers, bottom first, into a place that nobody looks at.
        var staging = CreateStaging(bundle);
        try
        {
            var notes = await UnpackAsync(source, manifest, config, staging, cancel);
            await WriteConfigAsync(config, staging, source.Where, cancel);
            Publish(staging, bundle);
            return new(
                manifest.Digest,
                index?.Digest,
                [.. manifest.Layers.Select((layer, i) => new PulledLayer(
                    layer.Digest, config.DiffIds[i], LayerMediaType.Find(layer.MediaType)!.Encrypted, layer.Size))],
                decision,
                notes);
        }
        catch
        {
            Remove(staging);
            throw;
        }
    }

    internal static async Task<ImageConfig> ReadConfigAsync(IImageSource source, ImageManifest manifest, CancellationToken cancel)
    {
        if (!MediaTypes.IsConfig(manifest.Config.MediaType))
        {
            throw new ImageException(ImageFault.Unsupported, $"a configuration of type {manifest.Config.MediaType}", source.Where,
                "this is an artifact and not a container image");
        }

        var config = ImageConfig.Parse(await source.ReadBlobAsync(manifest.Config, ImageConfig.LargestConfig, cancel), $"{source.Where}, config");
        if (config.Os != "linux")
            throw new ImageException(ImageFault.Unsupported, $"an image for '{config.Os}'", source.Where, "use an image for linux");
        if (config.DiffIds.Count != manifest.Layers.Count)
        {
            throw OciJson.Malformed($"the configuration names {config.DiffIds.Count} layers, the manifest {manifest.Layers.Count}", source.Where);
        }

        return config;
    }

    private async Task<IReadOnlyList<string>> UnpackAsync(
        IImageSource source, ImageManifest manifest, ImageConfig config, string staging, CancellationToken cancel)
    {
        using var kbs = resources is null ? null : new KbsKeyUnwrapper(resources);
        var decryption = new LayerDecryption([.. kbs is null ? (ILayerKeyUnwrapper[])[] : [kbs], .. options.Unwrappers]);
        using var rootfs = new RootfsBuilder(Path.Combine(staging, "rootfs"), options.Unpack);
        await using var layers = new LayersAhead(
            manifest.Layers.Count, options.LayersAtOnce, (i, stop) => OpenAsync(source, manifest, config, i, decryption, rootfs.Budget, stop), cancel);
        while (await layers.NextAsync() is { } layer)
        {
            await using (layer)
                await rootfs.ApplyAsync(layer, cancel);
        }

        rootfs.Complete();
        return rootfs.Notes;
    }

    private async Task<LayerFeed> OpenAsync(
        IImageSource source, ImageManifest manifest, ImageConfig config, int position, LayerDecryption decryption, UnpackBudget budget,
        CancellationToken cancel)
    {
        var layer = manifest.Layers[position];
        var where = $"{source.Where}, layer {position + 1} of {manifest.Layers.Count} ({layer.Digest})";
        var type = LayerMediaType.Find(layer.MediaType)
            ?? throw new ImageException(ImageFault.Unsupported, $"a layer of type {layer.MediaType}", where, "use an image with tar layers");

        // The key first: without it there is no use in fetching anything.
        var blob = new ProgressStream(new VerifiedBlobStream(new LazyStream(() => source.OpenBlobAsync(layer, cancel)), layer, where), "pull", layer, progress);
        try
        {
            var compressed = type.Encrypted ? await decryption.OpenAsync(layer, blob, where, cancel) : blob;
            return new(compressed, type.Compression, config.DiffIds[position], budget, where);
        }
        catch
        {
            await blob.DisposeAsync();
            throw;
        }
    }

    private static async Task WriteConfigAsync(ImageConfig config, string staging, string where, CancellationToken cancel)
    {
        using var rootfs = DirectoryHandle.Open(Path.Combine(staging, "rootfs"));
        var spec = RuntimeSpec.Create(config, UserLookup.Find(config.User, rootfs, where));
        await File.WriteAllBytesAsync(Path.Combine(staging, "config.json"), OciJson.Utf8(spec), cancel);
    }

    private static void RequireFree(string bundle)
    {
        if (File.Exists(bundle) || (Directory.Exists(bundle) && Directory.EnumerateFileSystemEntries(bundle).Any()))
            throw new ImageException(ImageFault.Local, "the bundle directory exists and is not empty", bundle, "remove it or name another one");
    }

    private static string CreateStaging(string bundle)
    {
        var staging = Path.Combine(
            Path.GetDirectoryName(bundle)!, $".{Path.GetFileName(bundle)}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}.pulling");
        try
        {
            // Nobody else may look in before it is verified.
            Directory.CreateDirectory(staging, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Directory.CreateDirectory(Path.Combine(staging, "rootfs"));
            return staging;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageFault.Local, $"the directory cannot be made: {e.Message}", staging, "choose a place that can be written", e);
        }
    }

    private static void Publish(string staging, string bundle)
    {
        try
        {
            if (Directory.Exists(bundle))
                Directory.Delete(bundle);
            Directory.Move(staging, bundle);
        }
        catch (IOException e)
        {
            throw new ImageException(ImageFault.Local, $"the bundle cannot be put in its place: {e.Message}", bundle, "remove what stands there", e);
        }
    }

    private static void Remove(string staging)
    {
        using var parent = DirectoryHandle.Open(Path.GetDirectoryName(staging)!);
        parent.RemoveTree(FileName.FromText(Path.GetFileName(staging)));
    }
}
