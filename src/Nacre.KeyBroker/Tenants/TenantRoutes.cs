using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Http;
using Nacre.Storage;

namespace Nacre.KeyBroker.Tenants;

/// <summary>The operator makes and deletes tenants, and makes tokens for their first administrators. No tenant has these routes.</summary>
public sealed class TenantRoutes(TenantRecords records, IKeyValueStore store, TimeProvider clock)
{
    public IEnumerable<Route> Create()
    {
        yield return new("GET", "kbs/v0/admin/tenants", Access.ManageTenants, ListAsync);
        yield return new("POST", "kbs/v0/admin/tenants/{tenant}", Access.ManageTenants, async (call, cancel) =>
            KbsReply.Of((await records.CreateAsync(call["tenant"], cancel)).ToJson()));
        yield return new("DELETE", "kbs/v0/admin/tenants/{tenant}", Access.ManageTenants, DeleteAsync);
        yield return new("POST", "kbs/v0/admin/tenants/{tenant}/tokens", Access.ManageTenants, CreateTokenAsync);
    }

    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) => KbsReply.Of(new JsonObject
    {
        ["tenants"] = new JsonArray([.. (await records.ListAsync(cancel)).Select(tenant => tenant.ToJson())]),
    });

    private async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel)
    {
        if (call.Query.GetValueOrDefault("force") != "true")
        {
            throw new KbsProblemException(
                409, ErrorTypes.Conflict,
                $"with the tenant '{call["tenant"]}' go all its secrets, policies and keys; to do it, add force=true");
        }

        await records.DeleteAsync(call["tenant"], cancel);
        return KbsReply.Empty;
    }

    private async ValueTask<KbsReply> CreateTokenAsync(KbsCall call, CancellationToken cancel)
    {
        var tenant = await records.RequireAsync(call["tenant"], cancel);
        var signer = await AdminTokenSigner.OpenAsync(new TenantStore(store, tenant), tenant.Name, cancel);
        return AdminTokenRoutes.Make(signer, call, clock);
    }
}
