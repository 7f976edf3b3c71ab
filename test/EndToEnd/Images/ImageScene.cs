using System.Security.Cryptography;
using Nacre.Cli.Demo;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images;
using Nacre.Images.Copy;
using Nacre.Images.Encryption;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;

namespace Nacre.EndToEndTests.Images;

/// <summary>A directory, keys, and the busybox image, pushed as a test wants it.</summary>
internal sealed class ImageScene : IDisposable, IKeyRegistry, IResourceSource
{
    public static readonly ResourceUri KeyId = ResourceUri.Parse("kbs:///default/image-kek/test");
    public static readonly ResourceUri PublicKeyId = ResourceUri.Parse("kbs:///default/cosign-public-key/test");

    private readonly RegistryProcess _registry;
    private readonly Dictionary<ResourceUri, byte[]> _resources = [];

    public ImageScene(RegistryProcess registry)
    {
        _registry = registry;
        Name = $"{registry.Host}/team/app-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}:1";
        BusyboxImage.Write(Layout, "plain");
        _resources[KeyId] = RandomNumberGenerator.GetBytes(32);
        _resources[PublicKeyId] = System.Text.Encoding.UTF8.GetBytes(SigningKey.ExportSubjectPublicKeyInfoPem());
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("nacre-image-").FullName;

    public string Layout => Path.Combine(Directory, "layout");

    public string Bundle => Path.Combine(Directory, "bundle");

    public string Name { get; }

    public string Docker => $"docker://{Name}";

    public ECDsa SigningKey { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static RegistryOptions Options { get; } = new() { AllowPlainHttpOnLoopback = true };

    public IReadOnlyDictionary<ResourceUri, byte[]> Resources => _resources;

    public static async Task CopyAsync(string from, string to, ILayerTransform? transform = null)
    {
        await using var source = ImageLocation.Parse(from).OpenSource(Options);
        await using var target = ImageLocation.Parse(to).OpenTarget(Options);
        await new ImageCopier(source, target, transform).CopyAsync(CancellationToken.None);
    }

    public Task PushAsync() => CopyAsync($"oci:{Layout}:plain", Docker);

    public async Task PushEncryptedAsync()
    {
        using var key = SecretBytes.Copy(_resources[KeyId]);
        await CopyAsync($"oci:{Layout}:plain", Docker, new EncryptTransform([new KbsRecipient(KeyId, key)]));
    }

    public async Task SignAsync(ECDsa? key = null)
    {
        await using var image = OpenRegistry();
        await CosignSignatures.SignAsync(image, (await image.GetManifestAsync(null, CancellationToken.None)).Digest, key ?? SigningKey, CancellationToken.None);
    }

    public RegistryImage OpenRegistry() => (RegistryImage)ImageLocation.Parse(Docker).OpenSource(Options);

    public Task<PullResult> PullAsync(ImagePolicy? policy = null, string? from = null, PullOptions? options = null) =>
        new ImagePuller(this, policy ?? RequireSignature(), (options ?? new()) with { Registry = Options })
            .PullAsync(ImageLocation.Parse(from ?? Docker), Bundle, CancellationToken.None);

    public static ImagePolicy RequireSignature() => ImagePolicy.RequireKeys([PublicKeyId.ToString()]);

    /// <summary>The pull is refused for this reason and leaves nothing behind.</summary>
    public async Task<ImageException> RefusesAsync(ImageFault fault, ImagePolicy? policy = null, string? from = null, PullOptions? options = null)
    {
        var before = System.IO.Directory.EnumerateFileSystemEntries(Directory).Order().ToList();
        var error = await Assert.ThrowsAsync<ImageException>(() => PullAsync(policy, from, options));
        Assert.True(fault == error.Fault, $"expected {fault}, was {error.Fault}: {error.Message}");
        Assert.Equal(before, System.IO.Directory.EnumerateFileSystemEntries(Directory).Order());
        return error;
    }

    public string BlobPath(string digest) => _registry.BlobPath(digest["sha256:".Length..]);

    public void Forget(ResourceUri uri) => _resources.Remove(uri);

    public void Put(ResourceUri uri, byte[] value) => _resources[uri] = value;

    public ValueTask RegisterAsync(ResourceUri uri, SecretBytes key, bool isNew, CancellationToken cancel)
    {
        Assert.False(isNew && _resources.ContainsKey(uri), "A key would be lost.");
        _resources[uri] = key.Reveal().ToArray();
        return ValueTask.CompletedTask;
    }

    public ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel) =>
        _resources.TryGetValue(uri, out var value) ? new(SecretBytes.Copy(value)) : throw new UnauthorizedAccessException($"no release of {uri}");

    public void Dispose()
    {
        SigningKey.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
