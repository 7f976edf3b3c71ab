using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;
using Nacre.Storage.Sqlite;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A server that is killed in the middle of writes has lost nothing that it acknowledged, and starts again.</summary>
[Trait("Group", "TrustFaults")]
public sealed class KillTests : IDisposable
{
    private const int Rounds = 6;
    private const int Writers = 4;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-kill-");

    [Fact]
    public async Task Acknowledged_writes_survive_kill_9()
    {
        var data = Path.Combine(_directory.FullName, "data");
        var acknowledged = new ConcurrentDictionary<string, string>();
        for (var round = 0; round < Rounds; round++)
        {
            await using var server = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0");
            using var stop = new CancellationTokenSource();
            var writers = Enumerable.Range(0, Writers).Select(writer => WriteAsync(server.Url, data, $"r{round}w{writer}", acknowledged, stop.Token)).ToList();
            await Task.Delay(RandomNumberGenerator.GetInt32(200, 900), TestContext.Current.CancellationToken);
            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }

        Assert.True(acknowledged.Count > Rounds * Writers, $"only {acknowledged.Count} writes were acknowledged");
        using var master = MasterKey.FromFile(Path.Combine(data, "master.key"));
        await using var store = await EncryptedStore.OpenAsync(SqliteStore.Open(Path.Combine(data, "store.db")), master, CancellationToken.None);
        foreach (var (path, value) in acknowledged)
        {
            var found = await store.FindAsync("repository", path, CancellationToken.None);
            Assert.True(found is not null, $"{path} was acknowledged and is gone");
            Assert.Equal(value, Encoding.UTF8.GetString(found.Value));
        }

        // And what was not acknowledged is whole or not there.
        foreach (var path in await store.ListAllAsync("repository", "", CancellationToken.None))
            Assert.StartsWith("value of ", Encoding.UTF8.GetString((await store.FindAsync("repository", path, CancellationToken.None))!.Value), StringComparison.Ordinal);
    }

    private static async Task WriteAsync(Uri url, string data, string name, ConcurrentDictionary<string, string> acknowledged, CancellationToken stop)
    {
        using var admin = ServeProcess.ConnectAdmin(url, data);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var uri = ResourceUri.Parse($"kbs:///kill/{name}/{i}");
            var value = $"value of {uri} {new string('x', i % 3000)}";
            try
            {
                await admin.PutResourceAsync(uri, SecretBytes.Copy(Encoding.UTF8.GetBytes(value)), stop);
                acknowledged[uri.Path] = value;
            }
            catch (Exception e) when (e is KbsException or OperationCanceledException)
            {
                return;
            }
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
