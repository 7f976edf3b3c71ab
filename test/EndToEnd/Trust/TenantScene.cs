using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Formats;
using Nacre.KeyBroker;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A tenant of a server, with its administrator's token and a secret that tells whose it is.</summary>
internal sealed class TenantScene : IDisposable
{
    private readonly TrustStage _stage;

    private TenantScene(TrustStage stage, string name, string token)
    {
        (_stage, Name, Token) = (stage, name, token);
        Admin = new KbsAdminClient(Connect(), token);
    }

    public string Name { get; }

    public string Token { get; }

    public KbsAdminClient Admin { get; }

    public string SecretText => $"the secret of {Name}";

    /// <summary>What upstream's clients are given.</summary>
    public static Uri UrlOf(TrustStage stage, string name) => new(stage.Server.Url, $"/tenants/{name}");

    /// <summary>Makes the tenant; its guests are affirming.</summary>
    public static async Task<TenantScene> CreateAsync(TrustStage stage, string name, CancellationToken cancel)
    {
        await stage.Admin.CreateTenantAsync(name, cancel);
        var scene = new TenantScene(stage, name, await TokenAsync(stage, name, "admin", cancel));
        await scene.Admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy(Encoding.UTF8.GetBytes(scene.SecretText)), cancel);
        await scene.Admin.AddReferenceValuesAsync(
            new JsonObject { ["launch_digest"] = new JsonArray("abcde"), ["svn"] = new JsonArray("1"), ["major_version"] = 1, ["minimum_minor_version"] = 4 },
            cancel);
        return scene;
    }

    public static async Task<string> TokenAsync(TrustStage stage, string tenant, string role, CancellationToken cancel) =>
        (string)(await stage.Admin.CreateTenantTokenAsync(tenant, new() { ["role"] = role, ["seconds"] = 3600 }, cancel))["token"]!;

    public KbsTransport Connect() => _stage.Connect(UrlOf(_stage, Name));

    public KbsClient Guest() => _stage.SampleGuest(Connect());

    public async Task<string> ReadSecretAsync(CancellationToken cancel)
    {
        using var guest = Guest();
        using var secret = await guest.GetResourceAsync(TrustStage.Secret, cancel);
        return Encoding.UTF8.GetString(secret.Reveal());
    }

    /// <summary>Every row that the tenant has in the store, with its version.</summary>
    public async Task<IReadOnlyList<string>> RowsAsync(CancellationToken cancel)
    {
        var id = (await _stage.Admin.ListTenantsAsync(cancel))["tenants"]!.AsArray().Single(tenant => (string?)tenant!["name"] == Name)!["id"]!;
        return await RowsAsync(_stage.Directory, $"tenant:{id}/", cancel);
    }

    public static async Task<IReadOnlyList<string>> RowsAsync(string directory, string spacePrefix, CancellationToken cancel)
    {
        using var master = MasterKey.FromFile(TrustServer.MasterKeyPath(directory));
        var opened = await StoreList.OpenAsync(new() { Directory = directory }, TimeProvider.System, cancel);
        await using var replays = opened.Replays;
        await using var store = await EncryptedStore.OpenAsync(opened.Values, master, cancel);
        var rows = new List<string>();
        await foreach (var row in store.SnapshotAsync(cancel))
        {
            if (row.Space.StartsWith(spacePrefix, StringComparison.Ordinal))
                rows.Add($"{row.Space} {row.Key} {row.Version}");
        }

        return rows;
    }

    public void Dispose() => Admin.Dispose();
}
