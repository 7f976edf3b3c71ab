using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Nacre.Benchmarks;

/// <summary>
/// What the runtime's own classes make of OpenSSL in a second on one thread, with a key at hand: what is between this and
/// <see cref="OpenSslSpeed"/> no verifier on this runtime can get back.
/// </summary>
internal static class RuntimeSpeed
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_measured = TimeSpan.FromSeconds(1);

    /// <param name="algorithms">As <c>openssl speed</c> names them, such as <c>rsa2048</c> and <c>ecdsap256</c>.</param>
    /// <returns>Verifications per second of processor time, by algorithm.</returns>
    public static IReadOnlyDictionary<string, double> Measure(params IEnumerable<string> algorithms) => algorithms.ToDictionary(name => name, Rate);

    private static double Rate(string algorithm)
    {
        var hash = SHA256.HashData("a message"u8);
        if (algorithm.StartsWith("rsa", StringComparison.Ordinal))
        {
            using var rsa = RSA.Create(int.Parse(algorithm.AsSpan(3), CultureInfo.InvariantCulture));
            var rsaSignature = rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var rsaKey = RSA.Create();
            rsaKey.ImportSubjectPublicKeyInfo(rsa.ExportSubjectPublicKeyInfo(), out _);
            return Rate(() => rsaKey.VerifyHash(hash, rsaSignature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }

        var curve = algorithm[^3..] == "256" ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384;
        using var ecdsa = ECDsa.Create(curve);
        var signature = ecdsa.SignHash(hash);
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(ecdsa.ExportSubjectPublicKeyInfo(), out _);
        return Rate(() => key.VerifyHash(hash, signature));
    }

    private static double Rate(Func<bool> verify)
    {
        Repeat(verify, s_warmUp);
        var before = Environment.CpuUsage.TotalTime;
        return Repeat(verify, s_measured) / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static long Repeat(Func<bool> verify, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        var count = 0L;
        for (; watch.Elapsed < time; count++)
            if (!verify())
                throw new InvalidOperationException("a genuine signature does not verify");

        return count;
    }
}
