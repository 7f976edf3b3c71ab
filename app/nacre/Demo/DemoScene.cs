using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Images.References;
using Nacre.Images.Registry;

namespace Nacre.Cli.Demo;

/// <summary>Everything the demo starts and makes, in one folder; what was started is stopped in the opposite order unless it is kept.</summary>
internal sealed class DemoScene : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _started = new();
    private SwtpmProcess? _machine;
    private ServerProcess? _server;
    private RegistryProcess? _registry;
    private KbsAdminClient? _admin;

    private DemoScene(string folder, bool keep) => (Folder, Keep) = (folder, keep);

    /// <summary>What an application would ask for: any secret of the owner.</summary>
    public static ResourceUri Secret { get; } = ResourceUri.Parse("kbs:///default/key/1");

    public static ResourceUri ImageKey { get; } = ResourceUri.Parse("kbs:///default/image-kek/demo");

    public static ResourceUri ImagePolicy { get; } = ResourceUri.Parse("kbs:///default/security-policy/demo");

    public static ResourceUri SigningKey { get; } = ResourceUri.Parse("kbs:///default/cosign-public-key/demo");

    public string Folder { get; }

    /// <summary>Whether what was started stays when the demo ends.</summary>
    public bool Keep { get; set; }

    public SwtpmProcess Machine
    {
        get => _machine ?? throw NotYet();
        set => _machine = value;
    }

    public ServerProcess Server
    {
        get => _server ?? throw NotYet();
        set => _server = value;
    }

    public RegistryProcess Registry
    {
        get => _registry ?? throw NotYet();
        set => _registry = value;
    }

    public KbsAdminClient Admin => _admin ??= new KbsAdminClient(Connect(), File.ReadAllText(Server.AdminTokenFile).Trim());

    /// <summary>The owner's key that images are signed with.</summary>
    public ECDsa OwnerKey { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public SwtpmAuthority Maker => new(In("tpm-maker"));

    public string PlainImage => $"oci:{In("image")}:plain";

    public string SecretImage => $"docker://{Registry.Host}/demo/app:1";

    public string UnsignedImage => $"docker://{Registry.Host}/demo/app:unsigned";

    public static RegistryOptions RegistryOptions { get; } = new() { AllowPlainHttpOnLoopback = true };

    /// <summary>Of the encrypted image in the registry.</summary>
    public Digest? SecretImageDigest { get; set; }

    /// <summary>Machine, server and registry are there.</summary>
    public bool IsUp => _machine is not null && _server is not null && _registry is not null;

    public IEnumerable<int> ProcessIds => [Machine.ProcessId, Server.Id, Registry.ProcessId];

    public static DemoScene Create(bool keep) => new(Directory.CreateTempSubdirectory("nacre-demo-").FullName, keep);

    public string In(params ReadOnlySpan<string> parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Has <paramref name="part"/> stopped when the demo ends.</summary>
    public T Owns<T>(T part)
        where T : IAsyncDisposable
    {
        _started.Push(part);
        return part;
    }

    public KbsTransport Connect()
    {
        var authority = new X509Certificate2Collection();
        authority.ImportFromPemFile(Server.AuthorityFile);
        return KbsTransport.Create(Server.Url, authority);
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        OwnerKey.Dispose();
        if (Keep)
            return;

        while (_started.TryPop(out var part))
            await part.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static InvalidOperationException NotYet() => new("a step of the demo needs what an earlier one makes");
}
