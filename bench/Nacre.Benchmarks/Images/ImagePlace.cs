using System.Security.Cryptography;

namespace Nacre.Benchmarks.Images;

/// <summary>Where the images of the benchmark are, and the commands that go from one place to another.</summary>
internal sealed class ImagePlace(string folder, string host, string skopeo)
{
    public string Layout => Path.Combine(folder, "layout");

    private string PrivateKey => Path.Combine(folder, "key.pem");

    private string PublicKey => Path.Combine(folder, "key.pub");

    public void WriteKeys()
    {
        using var key = RSA.Create(2048);
        File.WriteAllText(PrivateKey, key.ExportRSAPrivateKeyPem());
        File.WriteAllText(PublicKey, key.ExportSubjectPublicKeyInfoPem());
    }

    public async Task PushAsync()
    {
        await SkopeoAsync("--dest-tls-verify=false", $"oci:{Layout}:plain", Registry("plain"));
        await SkopeoAsync("--dest-tls-verify=false", "--encryption-key", $"jwe:{PublicKey}", $"oci:{Layout}:plain", Registry("secret"));
    }

    public async Task<Run> PeerPullAsync(string tag)
    {
        var (layout, bundle) = (Fresh("peer"), Fresh("peer-bundle"));
        string[] key = tag == "secret" ? ["--decryption-key", PrivateKey] : [];
        var copied = await SkopeoAsync([.. key, "--src-tls-verify=false", Registry(tag), $"oci:{layout}:{tag}"]);
        var unpacked = await MeasuredProcess.RunAsync("umoci", "unpack", "--image", $"{layout}:{tag}", bundle);
        return new(copied.Seconds + unpacked.Seconds, copied.Processor + unpacked.Processor, Math.Max(copied.PeakResident, unpacked.PeakResident), "");
    }

    public Task<Run> PullAsync(string tag)
    {
        string[] key = tag == "secret" ? ["--jwe", PrivateKey] : [];
        return MeasuredProcess.NacreAsync(
            ["image", "pull", Registry(tag), Fresh("bundle"), "--insecure-accept-anything", "--plain-http", "loopback", .. key]);
    }

    /// <summary>Into a new store, then from it as copies, then from it as an overlay bundle that is not mounted.</summary>
    public async Task<(Run First, Run Again, Run Overlay)> PullThroughStoreAsync(string tag)
    {
        var store = Fresh("store");
        string[] key = tag == "secret" ? ["--jwe", PrivateKey] : [];
        return (await Pull("directory"), await Pull("directory"), await Pull("overlay"));

        Task<Run> Pull(string kind) => MeasuredProcess.NacreAsync(
            ["image", "pull", Registry(tag), Fresh("bundle"), "--insecure-accept-anything", "--plain-http", "loopback", "--store", store,
                "--bundle-kind", kind, .. key]);
    }

    public Task<Run> PeerEncryptAsync() => SkopeoAsync("--encryption-key", $"jwe:{PublicKey}", $"oci:{Layout}:plain", $"oci:{Fresh("peer")}:1");

    public Task<Run> EncryptAsync() => MeasuredProcess.NacreAsync("image", "encrypt", $"oci:{Layout}:plain", $"oci:{Fresh("own")}:1", "--jwe", PublicKey);

    public Task<Run> PeerDecryptAsync() =>
        SkopeoAsync("--decryption-key", PrivateKey, "--src-tls-verify=false", Registry("secret"), $"oci:{Fresh("peer")}:1");

    public Task<Run> DecryptAsync() => MeasuredProcess.NacreAsync(
        "image", "decrypt", Registry("secret"), $"oci:{Fresh("own")}:1", "--jwe", PrivateKey, "--plain-http", "loopback");

    private string Registry(string tag) => $"docker://{host}/bench:{tag}";

    // What a run before this one left is removed between the runs, where no clock counts.
    private string Fresh(string name)
    {
        var path = Path.Combine(folder, name);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        return path;
    }

    private Task<Run> SkopeoAsync(params string[] arguments) => MeasuredProcess.RunAsync(skopeo, ["copy", "-q", "--insecure-policy", .. arguments]);
}
