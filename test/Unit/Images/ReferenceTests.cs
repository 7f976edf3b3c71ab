using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.UnitTests.Images;

[Trait("Group", "Images")]
public sealed class ReferenceTests
{
    private const string Hash = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("busybox:1", "docker.io/library/busybox:1")]
    [InlineData("user/tool", "docker.io/user/tool:latest")]
    [InlineData("index.docker.io/busybox", "docker.io/library/busybox:latest")]
    [InlineData("localhost/tool", "localhost/tool:latest")]
    [InlineData("127.0.0.1:5000/a/b:v1", "127.0.0.1:5000/a/b:v1")]
    [InlineData("example.com/a/b@" + Hash, "example.com/a/b@" + Hash)]
    [InlineData("example.com/a/b:v1@" + Hash, "example.com/a/b:v1@" + Hash)]
    [InlineData("[::1]:5000/a", "[::1]:5000/a:latest")]
    public void Completes_names_by_dockers_rules(string text, string whole) =>
        Assert.Equal(whole, ImageReference.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("Upper/case")]
    [InlineData("example.com/")]
    [InlineData("example.com/a//b")]
    [InlineData("example.com/../b")]
    [InlineData("example.com/a:")]
    [InlineData("example.com/a:-x")]
    [InlineData("example.com/a@sha256:12")]
    [InlineData("example.com/a@md5:0123")]
    [InlineData("exa mple.com/a")]
    [InlineData("example.com/a\n")]
    [InlineData("user@example.com/a")]
    public void Refuses_what_is_no_name(string text) => Assert.Throws<FormatException>(() => ImageReference.Parse(text));

    [Theory]
    [InlineData("docker://busybox", "docker://docker.io/library/busybox:latest")]
    [InlineData("busybox:1", "docker://docker.io/library/busybox:1")]
    [InlineData("oci:some/dir:1", "oci:some/dir:1")]
    [InlineData("oci:/some/dir", "oci:/some/dir")]
    [InlineData("dir:/some/dir", "dir:/some/dir")]
    public void Reads_transports(string text, string location) => Assert.Equal(location, ImageLocation.Parse(text).ToString());

    [Theory]
    [InlineData("oci:")]
    [InlineData("oci:dir:")]
    [InlineData("dir:")]
    [InlineData("containers-storage:x")]
    [InlineData("ftp://x")]
    public void Refuses_unknown_transports(string text) => Assert.Throws<FormatException>(() => ImageLocation.Parse(text));

    [Theory]
    [InlineData("sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("sha256:0123")]
    [InlineData("sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("0123")]
    [InlineData(null)]
    public void Refuses_what_is_no_digest(string? text) => Assert.False(Digest.TryParse(text, out _));
}
