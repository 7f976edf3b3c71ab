using System.Diagnostics;
using System.Globalization;

namespace Nacre.Benchmarks;

/// <summary>What the machine's OpenSSL does in a second on one thread: the yardstick of every figure here.</summary>
internal static class OpenSslSpeed
{
    /// <param name="algorithms">As <c>openssl speed</c> names them, such as <c>rsa2048</c> and <c>ecdsap256</c>.</param>
    /// <returns>Signatures (or key agreements) and verifications per second, by algorithm; verifications are 0 for key agreement.</returns>
    public static async Task<IReadOnlyDictionary<string, (double Sign, double Verify)>> MeasureAsync(params string[] algorithms)
    {
        var output = await RunAsync(algorithms);

        // "+F2:2:2048:3883.87:56969.38" RSA and "+F4:3:256:48682.65:16155.10" ECDSA: signatures and verifications per second;
        // "+F5:3:256:20854.00:0.000048" ECDH: agreements per second, and seconds for one.
        var found = new Dictionary<string, (double, double)>();
        foreach (var fields in output.Split('\n').Select(line => line.Split(':')).Where(fields => fields is [['+', 'F', ..], _, _, _, ..]))
        {
            var name = fields[0] switch { "+F2" => $"rsa{fields[2]}", "+F4" => $"ecdsap{fields[2]}", "+F5" => $"ecdhp{fields[2]}", _ => null };
            if (name is not null)
                found[name] = (Rate(fields[3]), fields[0] == "+F5" ? 0 : Rate(fields[4]));
        }

        return found;
    }

    /// <param name="algorithm">A cipher or hash as <c>-evp</c> takes it.</param>
    /// <returns>Bytes per second, in blocks of 16 KiB.</returns>
    public static async Task<double> ThroughputAsync(string algorithm)
    {
        // "+F:27:AES-256-CTR:5087690752.00".
        var output = await RunAsync("-bytes", "16384", "-evp", algorithm);
        return Rate(output.Split('\n').Select(line => line.Split(':')).First(fields => fields is ["+F", _, _, _])[3]);
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", ["speed", "-seconds", "1", "-mr", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("openssl is not installed: apt-get install openssl");
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await errors;
        await process.WaitForExitAsync();
        return output;
    }

    private static double Rate(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
