using Microsoft.Extensions.Logging;
using Nacre.Attestation;
using Nacre.Attestation.Tokens;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Metrics;
using Nacre.Storage;
using Nacre.Verifiers;

namespace Nacre.KeyBroker.Tenants;

/// <summary>
/// Opens the brokers of tenants over their parts of one store. Shared are only what decides whether a machine is genuine, the audit record,
/// and what the operator set: a tenant has its own policies, reference values, secrets, sessions and keys of every kind.
/// </summary>
internal sealed class TenantOpener(
    OpenedStore opened, IReadOnlyList<IEvidenceVerifier> verifiers, AuditLog audit, BrokerMetrics metrics, TrustServerOptions options)
{
    public async Task<Broker> OpenAsync(TenantRecord tenant, CancellationToken cancel)
    {
        var store = new TenantStore(opened.Values, tenant);
        var attestation = await AttestationService.OpenAsync(
            store, verifiers, new AttestationServiceOptions { Tokens = TokensOf(tenant) }, options.Clock, cancel);
        try
        {
            var admin = new AdminAuthority(
                null, await AdminTokenSigner.OpenAsync(store, tenant.Name, cancel), options.AdminIssuers, options.AdminCertificates,
                options.Clock);
            return await Broker.OpenAsync(
                opened with { Values = store }, attestation, options.TpmRoots, admin, audit, options.Broker, options.Clock, metrics,
                options.Logs.CreateLogger<Broker>(), cancel, tenant);
        }
        catch
        {
            attestation.Dispose();
            throw;
        }
    }

    // A key that the operator gives would be one for all: a token of one tenant would be good at another.
    private TokenOptions TokensOf(TenantRecord tenant)
    {
        var issuer = options.Tokens.Issuer;
        var isAddress = issuer.StartsWith("https://", StringComparison.Ordinal);
        return options.Tokens with
        {
            Key = null,
            Issuer = isAddress ? issuer.TrimEnd('/') + TenantName.PathPrefix(tenant.Name) : issuer,
        };
    }
}
