using System.Globalization;
using Nacre.Cli.Demo;
using Nacre.Evidence;

namespace Nacre.Benchmarks.Kbs.Snp;

/// <summary>
/// Handshakes with evidence of SEV-SNP: a processor of our own under roots of our own, as AMD's in every other way, signs a report over each
/// nonce. The certificate of its key and the revocation list are in the server's cache before the first.
/// </summary>
internal static class SnpBenchmark
{
    public static async Task RunAsync(string folder, TimeSpan length)
    {
        using var machine = await SnpMachine.CreateAsync(folder);
        await using var server = await StartAsync(folder);
        using var admin = await KbsBenchmark.SetUpAsync(server);
        using var guest = new LeanGuest(server.Url, TeeNames.Snp, machine.Attest);

        Console.WriteLine("auth, attest and one resource, evidence of SEV-SNP, its collateral cached (target: 60 % of the bound)");
        var cpu = await HandshakeLoad.MeasureAsync(server, guest, KbsBenchmark.Resource, length);
        await CompareAsync(cpu);
    }

    // What is left of public keys once a platform is known: the report's signature. The issue of the certificate and the signature of the
    // list were proven with the first report, and are remembered by their bytes.
    private static async Task CompareAsync(double cpu)
    {
        var report = 1000 / (await OpenSslSpeed.MeasureAsync("ecdsap384"))["ecdsap384"].Verify;
        var bound = report + await HandshakeLoad.ReleaseBoundAsync();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"openssl speed, right after: one P-384 verification (report) takes {report:F3} ms; with one P-256 signature (token) "
            + $"and two P-256 multiplications (JWE) {bound:F3} ms, {1000 / bound:N0} per s and core"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  the server takes {cpu:F3} ms of processor time, {1000 / cpu:N0} per s and core: {bound / cpu:P0} of that bound (target: 60 %)"));
    }

    // With the settings of the runtime that nacre has.
    private static Task<ServerProcess> StartAsync(string folder) => ServerProcess.StartProgramAsync(
        SnpServer.DataOf(folder),
        [
            "exec", "--runtimeconfig", Path.Combine(AppContext.BaseDirectory, "nacre.runtimeconfig.json"),
            Path.Combine(AppContext.BaseDirectory, "Nacre.Benchmarks.dll"), SnpServer.Verb, folder,
        ],
        outlives: false,
        CancellationToken.None);
}
