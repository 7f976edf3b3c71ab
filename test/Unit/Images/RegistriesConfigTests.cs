using Nacre.Images;
using Nacre.Images.References;
using Nacre.Images.Registry;

namespace Nacre.UnitTests.Images;

[Trait("Group", "ImagesRegistries")]
public sealed class RegistriesConfigTests
{
    private const string Text = """
        unqualified-search-registries = ["evil.example"]

        [[registry]]
        prefix = "example.com/team"
        location = "inner.example:5000/other"
        [[registry.mirror]]
        location = "near.example/team"
        insecure = true
        [[registry.mirror]]
        location = "sums.example/team"
        pull-from-mirror = "digest-only"

        [[registry]]
        location = "example.com"

        [[registry]]
        prefix = "example.com/team/private"
        blocked = true

        [[registry]]
        prefix = "*.corp.example"
        location = "corp-proxy.example/all"

        [[registry]]
        location = "plain.example:5000"
        insecure = true
        """;

    private static readonly RegistriesConfig s_config = RegistriesConfig.Parse(Text, "test");

    [Theory]
    [InlineData("example.com/team/app:1", "!near.example/team/app:1 inner.example:5000/other/app:1")]
    [InlineData("example.com/team:1", "!near.example/team:1 inner.example:5000/other:1")]
    [InlineData("example.com/teammate:1", "example.com/teammate:1")]
    [InlineData("evil.com/example.com/team/app:1", "evil.com/example.com/team/app:1")]
    [InlineData("example.com.evil.com/team:1", "example.com.evil.com/team:1")]
    [InlineData("a.corp.example/x/y:1", "corp-proxy.example/all/x/y:1")]
    [InlineData("a.b.corp.example/x:1", "corp-proxy.example/all/x:1")]
    [InlineData("corp.example/x:1", "corp.example/x:1")]
    [InlineData("other.example/a.corp.example/x:1", "other.example/a.corp.example/x:1")]
    [InlineData("plain.example:5000/x:1", "!plain.example:5000/x:1")]
    [InlineData("plain.example:50001/x:1", "plain.example:50001/x:1")]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    public void Names_the_places_in_order(string image, string places) => Assert.Equal(places, string.Join(' ', Places(image)));

    [Fact]
    public void A_mirror_for_digests_is_asked_for_digests_only()
    {
        var digest = Digest.Sha256("x"u8);
        Assert.Equal(
            [$"!near.example/team/app@{digest}", $"sums.example/team/app@{digest}", $"inner.example:5000/other/app@{digest}"],
            Places($"example.com/team/app@{digest}"));
    }

    [Theory]
    [InlineData("example.com/team/private:1")]
    [InlineData("example.com/team/private/deep:1")]
    public void A_blocked_image_is_refused(string image)
    {
        var error = Assert.Throws<ImageException>(() => Places(image));
        Assert.Equal(ImageFault.Denied, error.Fault);
        Assert.Contains("example.com/team/private", error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[registry]]\nblocked = true")]
    [InlineData("[[registry]]\nlocation = 1")]
    [InlineData("[[registry]]\nlocation = \"a\"\nblocked = \"yes\"")]
    [InlineData("[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\ninsecure = true")]
    [InlineData("[[registry]]\nlocation = \"a\"\n[[registry]]\nprefix = \"a\"")]
    [InlineData("[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\nlocation = \"b\"\npull-from-mirror = \"never\"")]
    [InlineData("registry = 3")]
    [InlineData("[[registry")]
    public void A_file_that_breaks_a_rule_is_refused(string text) =>
        Assert.Equal(ImageFault.Malformed, Assert.Throws<ImageException>(() => RegistriesConfig.Parse(text, "test")).Fault);

    [Fact]
    public void A_location_that_makes_no_name_is_refused()
    {
        var config = RegistriesConfig.Parse("[[registry]]\nprefix = \"a.example\"\nlocation = \"B A D\"", "test");
        Assert.Throws<ImageException>(() => config.Resolve(ImageReference.Parse("a.example/x:1")));
    }

    private static IEnumerable<string> Places(string image) =>
        s_config.Resolve(ImageReference.Parse(image)).Select(place => (place.PlainHttp ? "!" : "") + place.Image);
}
