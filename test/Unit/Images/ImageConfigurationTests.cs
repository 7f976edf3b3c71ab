using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Guest.DataHub;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.References;

namespace Nacre.UnitTests.Images;

/// <summary>The table [image] of a guest: policies and credentials come from the broker, and nothing is pulled without a policy.</summary>
[Trait("Group", "ImagesGuest")]
public sealed class ImageConfigurationTests : IResourceSource
{
    private readonly Dictionary<string, string> _resources = new()
    {
        ["kbs:///default/security-policy/1"] = """{"default":[{"type":"reject"}]}""",
        ["kbs:///default/sigstore-config/1"] = "default-docker:\n  sigstore: file:///var/signatures\n",
        ["kbs:///default/credential/1"] = """{"auths":{"r.example":{"auth":"bWU6c2VjcmV0"}}}""",
        ["kbs:///default/registries/1"] = "[[registry]]\nprefix = \"r.example\"\nblocked = true\n",
        ["kbs:///default/trust/1"] = """{"version":"1.0","trustPolicies":[{"name":"a","registryScopes":["*"],"signatureVerification":{"level":"strict"},"trustStores":["ca:a"],"trustedIdentities":["*"]}]}""",
    };

    [Fact]
    public async Task Everything_can_come_from_the_broker()
    {
        var (policy, options) = await ResolveAsync("""
            work_dir = "/run/image"
            image_security_policy_uri = "kbs:///default/security-policy/1"
            image_security_policy = "is not looked at beside the URI"
            sigstore_config_uri = "kbs:///default/sigstore-config/1"
            authenticated_registry_credentials_uri = "kbs:///default/credential/1"
            registry_configuration_uri = "kbs:///default/registries/1"
            notation_trust_policy_uri = "kbs:///default/trust/1"
            notation_trust_store = "/etc/notation"
            max_concurrent_layer_downloads_per_image = 5
            image_pull_proxy = { https_proxy = "http://proxy.example:3128", no_proxy = "r.example" }
            """);

        Assert.Single(policy.Find(Nacre.Images.Transports.ImageLocation.Parse("docker://r.example/a")).Requirements, one => one is PolicyRequirement.Reject);
        Assert.Equal(new Uri("file:///var/signatures"), options.Signatures.Lookaside.Find(ImageReference.Parse("r.example/a")));
        Assert.Equal("/etc/notation", options.Signatures.Notation!.TrustStore);
        Assert.Equal(ImageFault.Denied, Assert.Throws<ImageException>(() => options.Registry.Registries.Resolve(ImageReference.Parse("r.example/a"))).Fault);
        Assert.NotNull(await options.Registry.Credentials.FindAsync(ImageReference.Parse("r.example/a"), default));
        Assert.Equal(5, options.LayersAtOnce);
        Assert.Equal("proxy.example", options.Registry.Proxy!.GetProxy(new("https://other.example"))!.Host);
        Assert.Null(options.Registry.Proxy.GetProxy(new("https://r.example")));
    }

    [Fact]
    public async Task It_can_stand_in_the_file_itself_also_in_JSON()
    {
        var json = """{"kbc":{"name":"cc_kbc"},"image":{"image_security_policy":"{\"default\":[{\"type\":\"reject\"}]}","registry_config":{"registry":[{"location":"r.example","insecure":true}]}}}""";
        var (policy, options) = await ImageConfiguration.Parse(json, "cdh.json").ResolveAsync(new(), resources: null, default);

        Assert.NotSame(ImagePolicy.OnlyNotation, policy);
        Assert.True(Assert.Single(options.Registry.Registries.Resolve(ImageReference.Parse("r.example/a"))).PlainHttp);
        Assert.Null(options.Signatures.Notation);
    }

    [Theory]
    [InlineData("work_dir = \"/run\"", "neither image_security_policy_uri nor image_security_policy")]
    [InlineData("image_securty_policy_uri = \"kbs:///a/b/c\"", "the name 'image_securty_policy_uri' is not known")]
    [InlineData("image_security_policy = 1", "must be text")]
    [InlineData("image_security_policy = \"{}\"", "'default' is missing")]
    [InlineData("image_security_policy_uri = \"kbs:///default/security-policy/none\"", "cannot be had: no such resource")]
    [InlineData("notation_trust_policy_uri = \"kbs:///default/trust/1\"", "belong together")]
    [InlineData("image_security_policy_uri = \"kbs:///default/security-policy/1\"\nimage_pull_proxy = { proxy = \"x\" }", "'image_pull_proxy' has 'proxy'")]
    [InlineData("image_security_policy_uri = \"kbs:///default/security-policy/1\"\nextra_root_certificates = [\"-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----\"]", "besides certificates")]
    [InlineData("image_security_policy_uri = \"kbs:///default/security-policy/1\"\nmax_concurrent_layer_downloads_per_image = 0", "must be 1 to 32")]
    public async Task What_is_wrong_is_refused(string table, string expected)
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(table));
        Assert.Contains(expected, error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[kbc]\nname = \"cc_kbc\"\n", "cdh.toml", "there is no table 'image'")]
    [InlineData("[image", "cdh.toml", "is not valid")]
    [InlineData("[]", "cdh.json", "it must be an object")]
    [InlineData("{\"image\":{},\"image\":{}}", "cdh.json", "is not valid")]
    public void Files_that_are_none_are_refused(string text, string name, string expected) =>
        Assert.Contains(expected, Assert.Throws<ImageException>(() => ImageConfiguration.Parse(text, name)).What, StringComparison.Ordinal);

    public ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel) =>
        _resources.TryGetValue(uri.ToString(), out var text) ? new(SecretBytes.Copy(Encoding.UTF8.GetBytes(text))) : throw new UnauthorizedAccessException("no such resource");

    private Task<(ImagePolicy Policy, Nacre.Images.Pull.PullOptions Options)> ResolveAsync(string table) =>
        ImageConfiguration.Parse($"[image]\n{table}\n", "cdh.toml").ResolveAsync(new(), this, default);
}
