using Nacre.KeyBroker.Plugins.Provisioner;

namespace Nacre.UnitTests.KeyBroker.Plugins;

[Trait("Group", "TrustPlugins")]
public sealed class NameBasedUuidTests
{
    [Theory]
    [InlineData("feab5599-6854-52bc-95f0-0241c03e620a", "default/vm1", "78b1edaf-eba1-5733-85cc-baaa1810211c")] // upstream's example
    [InlineData("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2")] // RFC 9562, A.4
    [InlineData("6ba7b811-9dad-11d1-80b4-00c04fd430c8", "provisioner_plugin", "feab5599-6854-52bc-95f0-0241c03e620a")]
    public void Is_that_of_others(string space, string name, string expected) =>
        Assert.Equal(expected, NameBasedUuid.Create(new Guid(space), name).ToString());
}
