using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Nacre.Images.Bundle;
using Nacre.Images.Copy;
using Nacre.Images.Encryption;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Store;
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

    /// <summary>Directory of a <see cref="LayerStore"/> that keeps layers for further pulls, and parts of broken transfers. Null: nothing is kept.</summary>
    public string? Store { get; init; }

    /// <summary>For a bundle that is run without root. Null: it is run by root.</summary>
    public UserNamespace? UserNamespace { get; init; }

    public BundleKind BundleKind { get; init; } = BundleKind.Directory;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    private static string GoArchitecture(Architecture architecture) => architecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.X86 => "386",
        Architecture.LoongArch64 => "loong64",
        Architecture.Ppc64le => "ppc64le",
        var other => other.ToString().ToLowerInvariant(),
    };
}

/// <summary>What <c>rootfs</c> of a bundle is.</summary>
public enum BundleKind
{
    /// <summary>Files of its own, of no use to other bundles and independent of any store.</summary>
    Directory,

    /// <summary>A mount point for the layers of a store (<see cref="OverlayBundle"/>).</summary>
    Overlay,
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
    private static readonly TimeSpan s_storePatience = TimeSpan.FromMinutes(5);

    /// <exception cref="ImageException">Any refusal or failure.</exception>
    public async Task<PullResult> PullAsync(ImageLocation location, string bundleDirectory, CancellationToken cancel)
    {
        var bundle = Path.TrimEndingDirectorySeparator(Path.GetFullPath(bundleDirectory));
        RequireFree(bundle);
        if (options is { BundleKind: BundleKind.Overlay, Store: null })
            throw new ImageException(ImageFault.Local, "an overlay bundle needs a store for its layers", bundle, "name one with --store");

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
            // Held until the bundle is there, so that nobody collects its layers before.
            using var store = options.Store is null
                ? null
                : await LayerStore.OpenAsync(options.Store, alone: false, s_storePatience, options.Clock, cancel);
            using var kbs = resources is null ? null : new KbsKeyUnwrapper(resources);
            var decryption = new LayerDecryption([.. kbs is null ? (ILayerKeyUnwrapper[])[] : [kbs], .. options.Unwrappers]);
            var layers = new ImageLayers(source, manifest, config, decryption, new(options.Unpack.Limits), progress);
            var (notes, open) = store is null
                ? await UnpackAsync(layers, staging, cancel)
                : await FromStoreAsync(store, layers, staging, bundle, cancel);
            var user = UserLookup.Find(config.User, open, source.Where);
            if (options.UserNamespace is { } numbers)
            {
                user = numbers.Fit(user, out var note);
                notes = note is null ? notes : [.. notes, note];
            }

            var spec = RuntimeSpec.Create(config, user, numbers: options.UserNamespace);
            await File.WriteAllBytesAsync(Path.Combine(staging, "config.json"), OciJson.Utf8(spec), cancel);
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

    /// <returns>What was left out, and how files of the image are opened.</returns>
    private async Task<(IReadOnlyList<string> Notes, Func<string, SafeFileHandle?> Open)> UnpackAsync(
        ImageLayers layers, string staging, CancellationToken cancel)
    {
        using var rootfs = new RootfsBuilder(Path.Combine(staging, "rootfs"), options.Unpack, layers.Budget, below: null);
        await using var ahead = new LayersAhead(layers.Count, options.LayersAtOnce, OpenAsync, cancel);
        for (var i = 0; await ahead.NextAsync() is { } layer; i++)
        {
            await using (layer)
                await rootfs.ApplyAsync(layer, cancel);
            layers.Report(i, ImageStep.Unpacked);
        }

        rootfs.Complete();
        return (rootfs.Notes, FilesOf(staging));

        // The key first: without it there is no use in fetching anything.
        async Task<LayerFeed> OpenAsync(int position, CancellationToken stop)
        {
            using var key = await layers.UnwrapKeyAsync(position, stop);
            return layers.Open(position, key, new LazyStream(() => layers.OpenBlobAsync(position, 0, stop)));
        }
    }

    private async Task<(IReadOnlyList<string> Notes, Func<string, SafeFileHandle?> Open)> FromStoreAsync(
        LayerStore store, ImageLayers layers, string staging, string bundle, CancellationToken cancel)
    {
        using var pull = new StorePull(store, layers, options.Unpack, options.LayersAtOnce);
        var stored = await pull.RunAsync(cancel);
        IReadOnlyList<string> notes = [.. stored.SelectMany(layer => layer.Notes)];
        if (options.BundleKind == BundleKind.Overlay)
        {
            OverlayBundle.Write(staging, bundle, store, stored);
            return (notes, OverlayBundle.FilesOf(store, stored));
        }

        using var rootfs = new RootfsBuilder(Path.Combine(staging, "rootfs"), options.Unpack);
        var applier = new TreeApplier(rootfs);
        foreach (var layer in stored)
        {
            cancel.ThrowIfCancellationRequested();
            using var tree = store.OpenTree(layer.Name);
            applier.Apply(tree, layer);
        }

        rootfs.Complete();
        return (notes, FilesOf(staging));
    }

    private static Func<string, SafeFileHandle?> FilesOf(string staging) => path =>
    {
        using var rootfs = DirectoryHandle.Open(Path.Combine(staging, "rootfs"));
        return UserLookup.Open(rootfs, path);
    };

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
