using System.Globalization;
using System.Net;
using Nacre.Evidence.Snp;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Collateral.Amd;

/// <summary>
/// AMD's key distribution service over HTTP (evidence.md 5.2). Answers are bounded in size and time; a busy service (429, 503) is waited for
/// as long as it asks, but not longer than the deadline. What it answers is not trusted: the verifier checks every signature.
/// </summary>
public sealed class AmdKeyDistribution(HttpClient http, Uri service, TimeProvider clock) : IAmdCollateral
{
    public static readonly Uri DefaultService = new("https://kdsintf.amd.com");

    private const int Attempts = 3;
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromSeconds(1);

    /// <summary>For one question, with all its attempts.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(20);

    public ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(name);
        return GetAsync(Path(name), "a VCEK", Certificate.MaxSize, cancel);
    }

    public ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel) =>
        GetAsync($"{(key == SnpSigningKey.Vlek ? "vlek" : "vcek")}/v1/{product.Name()}/crl", "a revocation list", CertificateRevocationList.MaxSize, cancel);

    internal static string Path(VcekName name)
    {
        var tcb = name.Tcb;
        var fmc = tcb.Fmc is { } number ? string.Create(CultureInfo.InvariantCulture, $"fmcSPL={number:00}&") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"vcek/v1/{name.Product.Name()}/{name.ChipIdHex}?{fmc}blSPL={tcb.Bootloader:00}&teeSPL={tcb.Tee:00}&snpSPL={tcb.Snp:00}&ucodeSPL={tcb.Microcode:00}");
    }

    private async ValueTask<byte[]?> GetAsync(string path, string what, int max, CancellationToken cancel)
    {
        var url = new Uri(service, path);
        using var deadline = new CancellationTokenSource(Deadline, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, both.Token);
                if (response.StatusCode == HttpStatusCode.NotFound)
                    return null;
                if (response.IsSuccessStatusCode)
                    return await ReadAsync(response, what, url, max, both.Token);

                var busy = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway;
                if (!busy || attempt == Attempts)
                    throw new CollateralUnavailableException(what, url.ToString(), $"the service answers {(int)response.StatusCode}");

                await Task.Delay(Wait(response), clock, both.Token);
            }
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new CollateralUnavailableException(what, url.ToString(), $"no answer within {Deadline.TotalSeconds} seconds", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new CollateralUnavailableException(what, url.ToString(), error.Message, error);
        }
    }

    private TimeSpan Wait(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - clock.GetUtcNow() : null;
        return asked > s_shortestWait ? asked.Value : s_shortestWait;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, string what, Uri url, int max, CancellationToken cancel)
    {
        using var buffer = new MemoryStream();
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var chunk = new byte[8192];
        while (await body.ReadAsync(chunk, cancel) is > 0 and var count)
        {
            if (buffer.Length + count > max)
                throw new CollateralUnavailableException(what, url.ToString(), $"the answer is longer than {max} bytes");

            await buffer.WriteAsync(chunk.AsMemory(0, count), cancel);
        }

        return buffer.ToArray();
    }
}
