using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>
/// Enclave configuration, what KubeTEE's AECS is for (runtime.md 4.4): secrets that the server makes, and that leave it only to attested
/// instances of the program that the owner named. Owners are limited to their applications by the path of their tokens.
/// </summary>
public sealed class EnclavePlugin : IPlugin
{
    private const string Secrets = "kbs/v0/enclave/secrets";
    private const string One = Secrets + "/{application}/{name}";

    public EnclavePlugin(PluginSettings settings, PluginServices services)
    {
        settings.Fields.Only("name");
        var store = new EnclaveStore(services.Store);
        var owner = new EnclaveOwner(store, services.Clock);
        var release = new EnclaveRelease(store, services.Gate, services.Clock);
        Routes =
        [
            new("GET", Secrets, Access.View, owner.ListAsync, NarrowsToScope: true),
            new("POST", One, Access.WriteSecret, owner.CreateAsync),
            new("GET", One, Access.View, owner.ShowAsync),
            new("DELETE", One, Access.WriteSecret, owner.DeleteAsync),
            new("POST", One + "/rotate", Access.WriteSecret, owner.RotateAsync),
            new("POST", One + "/identities", Access.WriteSecret, owner.SetIdentitiesAsync),
            new("GET", One + "/public", Access.Public, owner.GetPublicAsync),
            new("GET", "kbs/v0/enclave/{application}/{name}", Access.Guest, release.GetAsync),
        ];
    }

    public string Name => "enclave";

    public IReadOnlyList<Route> Routes { get; }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
