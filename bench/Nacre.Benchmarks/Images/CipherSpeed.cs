using System.Diagnostics;
using System.Security.Cryptography;
using Nacre.Images.Encryption;

namespace Nacre.Benchmarks.Images;

/// <summary>
/// Layers deciphered in memory on one thread (AES-256-CTR and HMAC-SHA256), as a part of what OpenSSL's own loops over the same two
/// primitives allow.
/// </summary>
internal static class CipherSpeed
{
    private const int Size = 64 << 20;
    private const int Rounds = 12;

    /// <returns>Bytes per second of processor time.</returns>
    public static async Task<double> DecryptAsync()
    {
        var (key, nonce) = (RandomNumberGenerator.GetBytes(LayerCipher.KeySize), RandomNumberGenerator.GetBytes(LayerCipher.NonceSize));
        var cipher = new byte[Size];
        await using var encrypt = new LayerEncryptStream(new MemoryStream(new byte[Size]), key, nonce);
        await encrypt.ReadExactlyAsync(cipher);
        if (await encrypt.ReadAsync(new byte[1]) != 0)
            throw new InvalidOperationException("the cipher has made its text longer");

        var best = double.MaxValue;
        var buffer = new byte[128 << 10];
        for (var round = 0; round < Rounds; round++)
        {
            await using var decrypt = new LayerDecryptStream(new MemoryStream(cipher), key, nonce, encrypt.Mac.ToArray(), "benchmark");
            var start = Stopwatch.GetTimestamp();
            while (await decrypt.ReadAsync(buffer) > 0)
            {
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return Size / best;
    }

    /// <summary>The bound: one byte through <c>aes-256-ctr</c> and then through <c>sha256</c>, bytes per second.</summary>
    public static async Task<double> BoundAsync()
    {
        var cipher = await OpenSslSpeed.ThroughputAsync("aes-256-ctr");
        var hash = await OpenSslSpeed.ThroughputAsync("sha256");
        return 1 / ((1 / cipher) + (1 / hash));
    }
}
