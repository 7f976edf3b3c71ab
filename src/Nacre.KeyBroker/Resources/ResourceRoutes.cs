using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Resources;

/// <summary>Secrets by path: guests read them encrypted, the administrator writes, deletes and lists them, and nobody reads them in clear.</summary>
public static class ResourceRoutes
{
    public static IEnumerable<Route> Create(ResourceService resources)
    {
        yield return new("GET", "kbs/v0/resource/{**path}", Access.Guest, resources.GetAsync);
        yield return new("POST", "kbs/v0/resource/{**path}", Access.WriteSecret, resources.PutAsync);
        yield return new("DELETE", "kbs/v0/resource/{**path}", Access.WriteSecret, resources.DeleteAsync);
        yield return new("GET", "kbs/v0/admin/resources", Access.View, resources.ListAsync, NarrowsToScope: true);
        yield return new("GET", "kbs/v0/admin/resource-history/{**path}", Access.View, resources.HistoryAsync);
        yield return new("POST", "kbs/v0/admin/resource-rollback/{**path}", Access.WriteSecret, resources.RollBackAsync);
    }
}
