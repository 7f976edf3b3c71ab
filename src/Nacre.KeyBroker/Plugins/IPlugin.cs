using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Plugins;

/// <summary>
/// Something that answers below <c>/kbs/v0/NAME/</c> (trust.md 2.2). Its routes say who may use them, as all routes do; what it gives to a
/// guest goes through <see cref="PluginServices.Gate"/>.
/// </summary>
public interface IPlugin : IAsyncDisposable
{
    /// <summary>First segment of its paths, and <c>plugin</c> in policies.</summary>
    string Name { get; }

    /// <summary>All of them begin with <c>kbs/v0/NAME/</c>.</summary>
    IReadOnlyList<Route> Routes { get; }
}
