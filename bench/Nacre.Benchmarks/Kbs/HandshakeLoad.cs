using System.Globalization;
using Nacre.Cli.Demo;

namespace Nacre.Benchmarks.Kbs;

/// <summary>Whole handshakes, each with one resource: as many as go, and at four fifths of that.</summary>
internal static class HandshakeLoad
{
    /// <returns>The least of the server's processor time for one, in milliseconds.</returns>
    public static async Task<double> MeasureAsync(ServerProcess server, LeanGuest guest, string resource, TimeSpan length)
    {
        // Until the runtime has compiled what is hot.
        await Load.ClosedAsync(server.Id, 4, length, _ => guest.GetResourceAsync(resource));
        var (most, least) = (0.0, double.MaxValue);
        foreach (var clients in (int[])[1, 4, 16])
        {
            var result = await Load.ClosedAsync(server.Id, clients, length, _ => guest.GetResourceAsync(resource));
            Console.WriteLine($"  {clients,2} clients        {result}");
            (most, least) = (Math.Max(most, result.PerSecond), Math.Min(least, result.ServerCpu));
        }

        var paced = await Load.OpenAsync(server.Id, 0.8 * most, 32, length, _ => guest.GetResourceAsync(resource));
        Console.WriteLine($"  80 % of the most  {paced}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  p99 is {paced.P99 / paced.P50:F1} times p50 (target: under 5)"));
        return least;
    }

    /// <summary>Milliseconds for the token's signature and the two multiplications of the JWE that a resource goes out in.</summary>
    public static async Task<double> ReleaseBoundAsync()
    {
        var speed = await OpenSslSpeed.MeasureAsync("ecdsap256", "ecdhp256");
        return 1000 / speed["ecdsap256"].Sign + 2 * 1000 / speed["ecdhp256"].Sign;
    }
}
