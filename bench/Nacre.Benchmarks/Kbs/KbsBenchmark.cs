using System.Globalization;
using Nacre.Benchmarks.Kbs.Snp;
using Nacre.Cli.Demo;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Benchmarks.Kbs;

/// <summary>
/// <c>nacre bench kbs</c>: <c>nacre serve</c> in a process of its own with SQLite and the audit record, plain HTTP on loopback, sample
/// evidence; the clients are on the same cores. Evidence of SEV-SNP has a server of its own, because the product believes AMD's roots only.
/// </summary>
internal static class KbsBenchmark
{
    public const string Resource = "default/key/1";
    private static readonly string[] s_options = ["--development", "--url", "http://127.0.0.1:0"];

    public static async Task<int> RunAsync(string[] args)
    {
        var options = KbsOptions.Parse(args);
        var folder = Directory.CreateTempSubdirectory("nacre-bench-").FullName;
        try
        {
            if (options.Wants("handshake", "auth", "abandoned", "lookups", "restart"))
                await MeasureSampleAsync(options, Path.Combine(folder, "server"));
            if (options.Wants("snp"))
                await SnpBenchmark.RunAsync(Path.Combine(folder, "snp"), options.Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    public static Task<ServerProcess> StartAsync(string data) =>
        ServerProcess.StartWithAsync(data, s_options, outlives: false, CancellationToken.None);

    /// <summary>One secret that everybody who attested may have.</summary>
    public static async Task<KbsAdminClient> SetUpAsync(ServerProcess server)
    {
        var token = (await File.ReadAllTextAsync(server.AdminTokenFile)).Trim();
        var admin = new KbsAdminClient(KbsTransport.Create(server.Url, roots: null), token);
        using var secret = SecretBytes.Random(32);
        await admin.PutResourceAsync(ResourceUri.Parse($"kbs:///{Resource}"), secret, CancellationToken.None);
        await admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nimport rego.v1\nallow := true\n", CancellationToken.None);
        return admin;
    }

    private static async Task MeasureSampleAsync(KbsOptions options, string data)
    {
        await using (var server = await StartAsync(data))
        {
            using var admin = await SetUpAsync(server);
            if (options.Wants("handshake"))
                await MeasureHandshakesAsync(server, options.Length);
            if (options.Wants("auth"))
                await MeasureAuthAsync(server, options.Length);
            if (options.Wants("abandoned"))
                await MeasureAbandonedAsync(server, options.Abandoned);
            if (options.Wants("lookups"))
                await FullStore.MeasureLookupsAsync(server, admin, options.Length, options.Entries);
            else if (options.Wants("restart"))
                await FullStore.FillAsync(admin, options.Entries);
        }

        if (options.Wants("restart"))
            await FullStore.MeasureRestartAsync(data);
    }

    private static async Task MeasureHandshakesAsync(ServerProcess server, TimeSpan length)
    {
        Console.WriteLine("auth, attest and one resource, sample evidence (target: server CPU at most 0.65 ms each, 2,180 per s)");
        using var guest = LeanGuest.WithSample(server.Url);
        await HandshakeLoad.MeasureAsync(server, guest, Resource, length);
        var bound = await HandshakeLoad.ReleaseBoundAsync();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"openssl speed, right after: one P-256 signature (token) and two P-256 multiplications (JWE) take {bound:F3} ms"));
    }

    private static async Task MeasureAuthAsync(ServerProcess server, TimeSpan length)
    {
        using var guest = LeanGuest.WithSample(server.Url);
        var result = await Load.ClosedAsync(server.Id, 8, length, _ => guest.BeginAsync());
        Console.WriteLine("auth alone (target: 14,000 per s)");
        Console.WriteLine($"   8 clients        {result}");
    }

    private static async Task MeasureAbandonedAsync(ServerProcess server, int count)
    {
        using var guest = LeanGuest.WithSample(server.Url);
        var before = ProcessUsage.Resident(server.Id);
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await guest.BeginAsync();
        })));
        var after = ProcessUsage.Resident(server.Id);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} handshakes begun and abandoned: resident {before / 1048576.0:F0} MB before, {after / 1048576.0:F0} MB after (target: under 50 MB more)"));
    }
}
