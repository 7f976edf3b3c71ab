using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Faults;
using Nacre.EndToEndTests.Peers;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Backup;

/// <summary>A backup taken from a running server, restored into another kind of store.</summary>
[Trait("Group", "TrustBackup")]
public sealed class BackupTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-backup-");

    private string Data => Path.Combine(_directory.FullName, "data");
    private string Copy => Path.Combine(_directory.FullName, "nacre.backup");

    [Fact]
    public async Task From_sqlite_under_load_to_postgresql_and_back()
    {
        var load = new WriteLoad(Data);
        await using (var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
        {
            Assert.True(await load.TryWriteAsync(server.Url, 1000));
            using var stop = new CancellationTokenSource();
            var others = new WriteLoad(Data).RunAsync(server.Url, endsWithServer: false, stop.Token);
            (await NacreProgram.RunAsync(["backup", Copy, "--data", Data])).AssertDone();
            await stop.CancelAsync();
            await others;
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Copy));
        var database = await postgres.CreateDatabaseAsync();
        (await NacreProgram.RunAsync(["restore", Copy, "--data", Data, "--store", database])).AssertDone();
        await load.VerifyAsync(database);

        // The administrator's token and the server's authority come along.
        await using (var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0", "--store", database))
            Assert.True(await load.TryWriteAsync(server.Url, 1000));

        (await NacreProgram.RunAsync(["restore", Copy, "--data", Data])).AssertFailed(1, "not empty");
        (await NacreProgram.RunAsync(["backup", Copy, "--data", Data, "--store", database])).AssertDone();
        (await NacreProgram.RunAsync(["restore", Copy, "--data", Data, "--force"])).AssertDone();
        await load.VerifyAsync("sqlite");
    }

    [Fact]
    public async Task Another_master_key_is_refused_before_anything_is_written()
    {
        await using (await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
            (await NacreProgram.RunAsync(["backup", Copy, "--data", Data])).AssertDone();

        var other = _directory.CreateSubdirectory("other").FullName;
        (await NacreProgram.RunAsync(["restore", Copy, "--data", other])).AssertFailed(1, "no master key");
        var key = new Dictionary<string, string?> { ["NACRE_MASTER_KEY"] = Convert.ToBase64String(new byte[32]) };
        (await NacreProgram.RunAsync(["restore", Copy, "--data", other], key)).AssertFailed(1, "does not open");
        Assert.Empty(Directory.GetFiles(other));
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
