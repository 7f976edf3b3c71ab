using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nacre.Attestation;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.Remote;
using Nacre.Attestation.Services;
using Nacre.Attestation.Tokens;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Audit.Export;
using Nacre.KeyBroker.Tls;
using Nacre.Storage.Encryption;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Tpm;

namespace Nacre.KeyBroker;

/// <summary>What a trust server is started with.</summary>
public sealed record TrustServerOptions
{
    /// <summary>Holds the store, the master key, the CA certificate and the admin token; made when it does not exist.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where to listen; port 0 takes a free one. <c>http</c> only with <see cref="Development"/>.</summary>
    public required Uri Url { get; init; }

    /// <summary>Where else to listen, with the same scheme.</summary>
    public IReadOnlyList<System.Net.IPEndPoint> MoreAddresses { get; init; } = [];

    /// <summary>TLS of <see cref="Url"/>.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>TLS of https addresses in <see cref="Services"/>. Other programs that call them may know nothing newer than 1.2.</summary>
    public TlsOptions ServiceTls { get; init; } = new() { AllowTls12 = true };

    /// <summary>Takes sample evidence, which proves nothing, and plain HTTP.</summary>
    public bool Development { get; init; }

    /// <summary>The authorities whose certificates of TPM endorsement keys are believed.</summary>
    public EkRoots TpmRoots { get; init; } = EkRoots.None;

    /// <summary>
    /// Where the collateral of SEV-SNP, SGX and TDX comes from; null to ask the vendors and keep their answers in the data directory.
    /// </summary>
    public CollateralOptions? Collateral { get; init; }

    /// <summary>The service elsewhere that verifies evidence; null for the one of this process.</summary>
    public RemoteOptions? Backend { get; init; }

    /// <summary>
    /// Which tokens of other services guests may bring, besides those that are made here; null for none. Its published keys are disposed with
    /// this server.
    /// </summary>
    public TokenTrust? TokenTrust { get; init; }

    /// <summary>Where another service keeps the reference values, as <c>HOST:PORT</c>; null for the store of this one.</summary>
    public string? ReferencesAddress { get; init; }

    /// <summary>Where metrics are served, over plain HTTP; null for nowhere.</summary>
    public Uri? MetricsUrl { get; init; }

    /// <summary>Whose tokens are taken from administrators, besides those that this server makes; disposed with it.</summary>
    public IReadOnlyList<IAdminTokenSource> AdminIssuers { get; init; } = [];

    /// <summary>Whether there are administrators at all.</summary>
    public AdminMode AdminMode { get; init; }

    /// <summary>Which client certificates are taken from administrators; null for none.</summary>
    public AdminCertificates? AdminCertificates { get; init; }

    /// <summary>Where the audit record is kept; null for a folder in the data directory.</summary>
    public AuditLogOptions? Audit { get; init; }

    /// <summary>Where the audit record is sent too; null for nowhere.</summary>
    public AuditExportOptions? AuditExport { get; init; }

    public BrokerOptions Broker { get; init; } = new();

    /// <summary>What attestation tokens say, and how they are signed.</summary>
    public TokenOptions Tokens { get; init; } = new();

    /// <summary>Whose signatures are believed on documents that bring reference values.</summary>
    public ReferenceValueTrust ReferenceTrust { get; init; } = ReferenceValueTrust.None;

    /// <summary>The policies that appraise when a caller asks for no others, as <see cref="AttestationServiceOptions.PolicySets"/>.</summary>
    public IReadOnlyList<string> PolicyIds { get; init; } = AttestationServiceOptions.DefaultPolicySets;

    internal void RequireMetricsUrl()
    {
        if (MetricsUrl is { Scheme: not "http" })
            throw new TrustServerException($"'{MetricsUrl}' is no address for metrics; use http://127.0.0.1:9464");
    }

    internal AttestationServiceOptions Attestation => new()
    {
        Tokens = Tokens,
        ReferenceTrust = ReferenceTrust,
        PolicySets = PolicyIds,
        ReferencesAddress = ReferencesAddress,
        PoliciesNeedApproval = Broker.RequiredApprovals > 0
    };

    /// <summary>As <see cref="Storage.StoreLocation.Address"/>.</summary>
    public string Store { get; init; } = Storage.StoreList.Default;

    /// <summary>Of a database that asks for one; null for PGPASSWORD or PGPASSFILE.</summary>
    public string? StorePassword { get; init; }

    /// <summary>
    /// Opens the keys of the store; null for the file <see cref="MasterKey.FileName"/> in the data directory, made when there is none.
    /// </summary>
    public Func<CancellationToken, Task<MasterKeySet>>? OpenMasterKeys { get; init; }

    /// <summary>Where the Attestation Service and the reference values are served for other programs.</summary>
    public ServiceOptions Services { get; init; } = new();

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public ILoggerFactory Logs { get; init; } = NullLoggerFactory.Instance;
}

/// <summary>The server cannot start. The message is one line that says what and how to fix it.</summary>
public sealed class TrustServerException(string message, Exception? innerException = null) : Exception(message, innerException);
