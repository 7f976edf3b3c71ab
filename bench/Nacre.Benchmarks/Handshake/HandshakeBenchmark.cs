using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Nacre.Attesters.Tpm;
using Nacre.Cli.Demo;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Guest.AttestationAgent;

namespace Nacre.Benchmarks.Handshake;

/// <summary>
/// <c>nacre bench handshake [COUNT]</c>: auth, credential activation, quote, attest, one resource, over loopback, one after the other. The
/// server is a process of its own and its CPU time is counted; the TPM is swtpm.
/// </summary>
internal static class HandshakeBenchmark
{
    // Enough for the runtime to have compiled what is hot; before that its compiler is most of what is measured.
    private const int WarmUp = 400;
    private static readonly ResourceUri s_secret = ResourceUri.Parse("kbs:///bench/key/1");

    public static async Task<int> RunAsync(string[] args)
    {
        var count = args is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : 200;
        var folder = Directory.CreateTempSubdirectory("nacre-bench-").FullName;
        try
        {
            var maker = new SwtpmAuthority(Path.Combine(folder, "maker"));
            await using var machine = await SwtpmProcess.StartAsync(Path.Combine(folder, "machine"), maker, outlives: false, CancellationToken.None);
            await using var server = await ServerProcess.StartAsync(
                Path.Combine(folder, "server"), [maker.RootFile, maker.IssuerFile], outlives: false, CancellationToken.None);
            await SetUpAsync(server);
            await MeasureAsync(machine, server, count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        await WriteYardstickAsync();
        return 0;
    }

    private static async Task SetUpAsync(ServerProcess server)
    {
        using var admin = new KbsAdminClient(Connect(server), (await File.ReadAllTextAsync(server.AdminTokenFile)).Trim());
        using var secret = SecretBytes.Random(32);
        await admin.PutResourceAsync(s_secret, secret, CancellationToken.None);
        await admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nimport rego.v1\nallow := true\n", CancellationToken.None);
    }

    private static async Task MeasureAsync(SwtpmProcess machine, ServerProcess server, int count)
    {
        await using var attester = new TpmAttester(new TpmAttesterOptions { Endpoint = TpmEndpoint.Parse(machine.Endpoint) }, TimeProvider.System);
        var timed = new TimedEvidenceSource(new TpmEvidenceSource(attester));
        var whole = new List<double>();
        var withoutTpm = new List<double>();
        var cpu = TimeSpan.Zero;
        for (var i = -WarmUp; i < count; i++)
        {
            if (i == 0)
                cpu = ProcessUsage.CpuTime(server.Id);

            timed.Spent = TimeSpan.Zero;
            var start = Stopwatch.GetTimestamp();
            using (var client = new KbsClient(Connect(server), timed, TimeProvider.System))
            using (await client.GetResourceAsync(s_secret, CancellationToken.None))
            {
                var elapsed = Stopwatch.GetElapsedTime(start);
                if (i >= 0)
                {
                    whole.Add(elapsed.TotalMilliseconds);
                    withoutTpm.Add((elapsed - timed.Spent).TotalMilliseconds);
                }
            }
        }

        cpu = ProcessUsage.CpuTime(server.Id) - cpu;
        Console.WriteLine($"{count} handshakes with one resource each, one after the other, new TLS connection and new key for each");
        Write("whole", whole);
        Write("without the TPM's own time", withoutTpm);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  server CPU for each         {cpu.TotalMilliseconds / count,8:F2} ms"));
    }

    private static void Write(string what, List<double> milliseconds)
    {
        milliseconds.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {what,-27} p50 {milliseconds[milliseconds.Count / 2],8:F2} ms   p99 {milliseconds[milliseconds.Count * 99 / 100],8:F2} ms"));
    }

    /// <summary>The public-key operations of one handshake, beside what OpenSSL needs for them on this machine now.</summary>
    private static async Task WriteYardstickAsync()
    {
        var speed = await OpenSslSpeed.MeasureAsync("rsa2048", "rsa3072", "ecdsap256", "ecdhp256");
        (string What, double Milliseconds)[] server =
        [
            ("3 × RSA-3072 verify: the chain of the endorsement key", 3 * 1000 / speed["rsa3072"].Verify),
            ("2 × RSA-2048 public: credential, quote", 2 * 1000 / speed["rsa2048"].Verify),
            ("2 × ECDSA P-256 sign: token, TLS", 2 * 1000 / speed["ecdsap256"].Sign),
            ("1 × ECDSA P-256 verify: token", 1000 / speed["ecdsap256"].Verify),
            ("2 × ECDH P-256: TLS, JWE", 2 * 1000 / speed["ecdhp256"].Sign),
        ];
        Console.WriteLine("openssl speed, the same machine, right after: the server's public-key operations of one handshake");
        foreach (var (what, milliseconds) in server)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-55} {milliseconds,7:F3} ms"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {"together",-55} {server.Sum(part => part.Milliseconds),7:F3} ms"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {"the TPM's own: 2 × RSA-2048 private (activate, quote)",-55} {2 * 1000 / speed["rsa2048"].Sign,7:F3} ms"));
    }

    private static KbsTransport Connect(ServerProcess server)
    {
        var authority = new X509Certificate2Collection();
        authority.ImportFromPemFile(server.AuthorityFile);
        return KbsTransport.Create(server.Url, authority);
    }
}
