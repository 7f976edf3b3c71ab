using Nacre.Formats;
using Nacre.KeyBroker.Plugins;
using Nacre.KeyBroker.Plugins.External;

namespace Nacre.UnitTests.KeyBroker.Plugins;

[Trait("Group", "TrustPlugins")]
public sealed class BackendSettingsTests
{
    [Fact]
    public void A_backend_has_upstreams_keys_and_a_deadline()
    {
        var all = Parse("""{ name = "a", endpoint = "http://127.0.0.1:50051", timeout_ms = 5000 }, { name = "b", endpoint = "http://localhost:1" }""");

        Assert.Equal(["a", "b"], all.Select(one => one.Name));
        Assert.Equal([TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)], all.Select(one => one.Timeout));
        Assert.All(all, one => Assert.Null(one.Authorities));
    }

    [Theory]
    [InlineData("", "must have at least one")]
    [InlineData("""{ name = "a", endpoint = "http://127.0.0.1:1" }, { name = "a", endpoint = "http://127.0.0.1:2" }""", "'a' is there twice")]
    [InlineData("""{ name = "a/b", endpoint = "http://127.0.0.1:1" }""", "must be letters")]
    [InlineData("""{ name = "", endpoint = "http://127.0.0.1:1" }""", "must be letters")]
    [InlineData("""{ name = "a", endpoint = "http://192.0.2.1:1" }""", "http of this machine")]
    [InlineData("""{ name = "a", endpoint = "https://192.0.2.1:1" }""", "must be given for https")]
    [InlineData("""{ name = "a", endpoint = "http://127.0.0.1:1", ca_cert_path = "/x" }""", "not for http")]
    [InlineData("""{ name = "a", endpoint = "https://h:1", ca_cert_path = "/nowhere" }""", "cannot be read")]
    [InlineData("""{ name = "a", endpoint = "https://h:1", ca_cert_path = "/dev/null" }""", "holds no certificate")]
    [InlineData("""{ name = "a", endpoint = "unix:///x" }""", "must be https")]
    [InlineData("""{ name = "a", endpoint = "http://127.0.0.1:1/path" }""", "must be https")]
    [InlineData("""{ name = "a", endpoint = "http://127.0.0.1:1", timeout_ms = 0 }""", "whole number from 1")]
    [InlineData("""{ name = "a", endpoint = "http://127.0.0.1:1", tls_mode = "insecure" }""", "is not a member")]
    public void Anything_else_is_refused(string backends, string problem) =>
        Assert.Contains(problem, Assert.Throws<MalformedDataException>(() => Parse(backends)).Message, StringComparison.Ordinal);

    private static IReadOnlyList<BackendSettings> Parse(string backends) => BackendSettings.Parse(
        PluginSettings.Parse($"[[plugins]]\nname = \"external\"\nbackends = [{backends}]\n", "file")[0]);
}
