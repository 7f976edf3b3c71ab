using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.Tokens;
using Nacre.Attesters.Sample;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Guest.AttestationAgent;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Audit.Export;
using Nacre.Storage;
using Nacre.Verifiers.Tpm;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A trust server in this process on a free port, over a directory of its own, with clients for its guest and its administrator.</summary>
internal sealed class TrustStage : IAsyncDisposable
{
    public const string SecretPath = "kbs:///default/key/1";
    public const string SecretText = "the secret";

    private readonly bool _ownsDirectory;

    private TrustStage(TrustServer server, string directory, SteppedClock clock, bool ownsDirectory)
    {
        (Server, Directory, Clock, _ownsDirectory) = (server, directory, clock, ownsDirectory);
        AdminToken = File.ReadAllText(TrustServer.AdminTokenPath(directory)).Trim();
        Admin = new KbsAdminClient(Connect(), AdminToken);
    }

    public TrustServer Server { get; }
    public string Directory { get; }
    public SteppedClock Clock { get; }
    public string AdminToken { get; }
    public KbsAdminClient Admin { get; }

    public static ResourceUri Secret => ResourceUri.Parse(SecretPath);

    /// <summary>With <see cref="SecretPath"/> in the store.</summary>
    /// <param name="development">Take sample evidence.</param>
    /// <param name="roots">Makers of TPMs.</param>
    /// <param name="directory">Shared with another stage; null makes one.</param>
    /// <param name="explain">Tell guests why.</param>
    /// <param name="tls">Without it a test may skip more time than a certificate lives.</param>
    /// <param name="audit">Null keeps the record in the directory.</param>
    /// <param name="issuers">Of tokens of administrators.</param>
    /// <param name="metrics">Serve them, on a free port.</param>
    /// <param name="broker">How the broker behaves otherwise.</param>
    /// <param name="store">As <c>--store</c> has it; null for a file in the directory.</param>
    /// <param name="certificates">Of administrators.</param>
    /// <param name="export">Where the record is sent.</param>
    /// <param name="tokens">What attestation tokens say.</param>
    public static async Task<TrustStage> StartAsync(
        bool development = true, EkRoots? roots = null, string? directory = null, bool explain = true, bool tls = true,
        AuditLogOptions? audit = null, IReadOnlyList<IAdminTokenSource>? issuers = null, bool metrics = false, BrokerOptions? broker = null,
        string? store = null, TokenOptions? tokens = null, AdminCertificates? certificates = null, AuditExportOptions? export = null)
    {
        var clock = new SteppedClock();
        var place = directory ?? System.IO.Directory.CreateTempSubdirectory("nacre-trust-").FullName;
        var server = await TrustServer.StartAsync(
            new TrustServerOptions
            {
                DataDirectory = place,
                Url = new Uri(tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0"),
                Development = development,
                TpmRoots = roots ?? EkRoots.None,
                Broker = (broker ?? new()) with { ExplainToGuests = explain },
                MetricsUrl = metrics ? new Uri("http://127.0.0.1:0") : null,
                Store = store ?? StoreList.Default,
                Clock = clock,
                Audit = audit,
                AuditExport = export,
                Tokens = tokens ?? new(),
                AdminIssuers = issuers ?? [],
                AdminCertificates = certificates,
            },
            CancellationToken.None);
        var stage = new TrustStage(server, place, clock, directory is null);
        await stage.Admin.PutResourceAsync(Secret, SecretBytes.Copy(Encoding.UTF8.GetBytes(SecretText)), CancellationToken.None);
        return stage;
    }

    /// <summary>Registers what the sample attester says, so that its appraisal is affirming.</summary>
    public Task AffirmSampleAsync() => Admin.AddReferenceValuesAsync(
        new JsonObject
        {
            ["launch_digest"] = new JsonArray("abcde"),
            ["svn"] = new JsonArray("1"),
            ["major_version"] = 1,
            ["minimum_minor_version"] = 4,
        },
        CancellationToken.None);

    public KbsTransport Connect() => Connect(Server.Url);

    /// <param name="url">Of the server, or of a tenant on it.</param>
    /// <param name="certificate">Of an administrator.</param>
    public KbsTransport Connect(Uri url, X509Certificate2? certificate = null)
    {
        var roots = new X509Certificate2Collection();
        if (Server.Url.Scheme == "https")
            roots.ImportFromPemFile(TrustServer.CaPath(Directory));
        return KbsTransport.Create(url, roots, clientCertificate: certificate);
    }

    public KbsClient SampleGuest(KbsClientOptions? options = null) => Guest(new AttesterEvidenceSource(new SampleAttester()), options);

    /// <param name="transport">To a tenant.</param>
    public KbsClient SampleGuest(KbsTransport transport) => new(transport, new AttesterEvidenceSource(new SampleAttester()), Clock);

    public KbsClient Guest(IEvidenceSource source, KbsClientOptions? options = null) => new(Connect(), source, Clock, options);

    /// <summary>For requests that no client of ours would send. Neither follows redirects nor keeps cookies.</summary>
    public HttpClient RawClient()
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(TrustServer.CaPath(Directory));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            SslOptions = new() { CertificateChainPolicy = policy },
        })
        {
            BaseAddress = Server.Url,
            DefaultRequestVersion = HttpVersion.Version11,
        };
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await Server.StopAsync(CancellationToken.None);
        await Server.DisposeAsync();
        if (_ownsDirectory)
            System.IO.Directory.Delete(Directory, recursive: true);
    }
}
