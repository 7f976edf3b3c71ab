using System.Security.Cryptography;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Images.Encryption;
using Nacre.Images.Policy;

namespace Nacre.EndToEndTests.Images;

/// <summary>Debian's buildah, with a storage of its own in the scene's directory.</summary>
[Trait("Group", "ImagesPeers")]
public sealed class BuildahTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    [Fact]
    public async Task We_read_what_buildah_builds_and_encrypts()
    {
        using var key = RSA.Create(2048);
        var pub = Path.Combine(_scene.Directory, "key.pub");
        await File.WriteAllTextAsync(pub, key.ExportSubjectPublicKeyInfoPem());
        var container = (await BuildahAsync("from", "scratch")).Trim();
        await BuildahAsync("copy", container, "/bin/busybox", "/bin/busybox");
        await BuildahAsync("config", "--cmd", "/bin/busybox", container);
        await BuildahAsync("commit", "--signature-policy", Policy(), container, "built");
        await BuildahAsync("push", "--signature-policy", Policy(), "--tls-verify=false", "--encryption-key", $"jwe:{pub}", "built", _scene.Docker);

        var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, options: new() { Unwrappers = [new JweUnwrapper(key)] });
        Assert.All(result.Layers, layer => Assert.True(layer.Encrypted));
        Assert.Equal(await File.ReadAllBytesAsync("/bin/busybox"), await File.ReadAllBytesAsync(Path.Combine(_scene.Bundle, "rootfs/bin/busybox")));
    }

    [Fact]
    public async Task Buildah_reads_what_we_encrypt()
    {
        using var key = RSA.Create(2048);
        var (priv, pub) = (Path.Combine(_scene.Directory, "key.pem"), Path.Combine(_scene.Directory, "key.pub"));
        await File.WriteAllTextAsync(priv, key.ExportRSAPrivateKeyPem());
        await File.WriteAllTextAsync(pub, key.ExportSubjectPublicKeyInfoPem());
        (await NacreProgram.RunAsync(["image", "encrypt", $"oci:{_scene.Layout}:plain", _scene.Docker, "--jwe", pub, "--plain-http", "loopback"])).AssertDone();

        await BuildahAsync("pull", "--signature-policy", Policy(), "--tls-verify=false", "--decryption-key", priv, _scene.Docker);
        var container = (await BuildahAsync("from", "--pull-never", _scene.Name)).Trim();
        var root = (await BuildahAsync("mount", container)).Trim();
        Assert.Equal(await File.ReadAllBytesAsync("/bin/busybox"), await File.ReadAllBytesAsync(Path.Combine(root, "bin/busybox")));
        await BuildahAsync("umount", container);
    }

    public void Dispose() => _scene.Dispose();

    private string Policy()
    {
        var path = Path.Combine(_scene.Directory, "policy.json");
        File.WriteAllText(path, """{"default":[{"type":"insecureAcceptAnything"}]}""");
        return path;
    }

    private Task<string> BuildahAsync(params string[] arguments) => ToolRun.RunAsync("buildah",
        ["--root", Path.Combine(_scene.Directory, "storage"), "--runroot", Path.Combine(_scene.Directory, "run"), "--storage-driver", "vfs", .. arguments]);
}
