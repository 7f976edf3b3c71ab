using Nacre.Cli.Serve;
using Nacre.Formats.X509;
using Nacre.KeyBroker;
using Nacre.Verifiers.Snp;

namespace Nacre.Benchmarks.Kbs.Snp;

/// <summary>
/// The trust server under the roots of a <see cref="SnpMachine"/>, in a process of its own: this program, started again. It is the server of
/// <c>nacre serve --development</c> in everything but those roots, which the product has no switch for.
/// </summary>
internal static class SnpServer
{
    public const string Verb = "snp-server";

    // Nothing listens on this port: what is not in the cache is missing.
    private static readonly Uri s_nowhere = new("http://127.0.0.1:9");

    public static string DataOf(string folder) => Path.Combine(folder, "server");

    public static string CacheOf(string folder) => Path.Combine(folder, "collateral");

    public static async Task<int> RunAsync(string[] args)
    {
        var folder = args[0];
        var roots = ReadRoots(folder);
        using var logs = ServerRun.CreateLogs();
        await using var server = await TrustServer.StartAsync(
            new()
            {
                DataDirectory = DataOf(folder),
                Url = new("http://127.0.0.1:0"),
                Development = true,
                Collateral = new() { CacheFolder = CacheOf(folder), Amd = s_nowhere, AmdRoots = _ => roots },
                Logs = logs,
            },
            CancellationToken.None);
        Console.WriteLine($"listening on {server.Url.GetLeftPart(UriPartial.Authority)}, without TLS");
        await ServerRun.StopRequestedAsync(CancellationToken.None);
        return 0;
    }

    public static void WriteRoots(string folder, byte[] root, byte[] vcekIssuer, byte[] vlekIssuer)
    {
        foreach (var (name, certificate) in new[] { ("ark", root), ("ask", vcekIssuer), ("asvk", vlekIssuer) })
            File.WriteAllBytes(Path.Combine(folder, $"{name}.der"), certificate);
    }

    private static AmdRoots ReadRoots(string folder)
    {
        Certificate Read(string name) => Certificate.Parse(File.ReadAllBytes(Path.Combine(folder, $"{name}.der")));
        var root = Read("ark");
        return new(root, Read("ask"), Read("asvk"), VerificationKey.Digest(root.SubjectPublicKeyInfo.Span));
    }
}
