using System.Security.Cryptography;
using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Collateral.Amd;

/// <summary>
/// Keeps what another source answers in a folder that processes may share: files are written beside and renamed, so that no reader sees half
/// of one. A VCEK never changes and is kept until it expires; a revocation list is fetched again when a quarter of its time is left, and the
/// old one is served for at most <see cref="Grace"/> behind its end while the service does not answer (the verifier then still judges its dates).
/// </summary>
public sealed class AmdDiskCache(IAmdCollateral source, string folder, TimeProvider clock) : IAmdCollateral
{
    /// <summary>How long behind its end a list may still be handed out. Zero for never.</summary>
    public TimeSpan Grace { get; init; }

    public async ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(name);
        var file = Path.Combine(folder, "vcek", name.Product.Name(), name.ChipIdHex, AmdFileCollateral.FileName(name.Tcb));
        var now = clock.GetUtcNow();
        if (await ReadAsync(file, cancel) is { } kept && Expiry(kept) is { } end && end > now)
            return kept;

        var found = await source.FindVcekAsync(name, cancel);
        if (found is not null && Expiry(found) > now)
            await WriteAsync(file, found, cancel);

        return found;
    }

    public async ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel)
    {
        var file = Path.Combine(folder, "crl", $"{product.Name()}_{(key == SnpSigningKey.Vlek ? "vlek" : "vcek")}.crl");
        var now = clock.GetUtcNow();
        var kept = await ReadAsync(file, cancel);
        var times = kept is null ? null : Times(kept);
        if (times is { } fresh && now < fresh.Until - (fresh.Until - fresh.From) / 4)
            return kept;

        try
        {
            var found = await source.FindRevocationListAsync(product, key, cancel);

            // A service that lost its list, or serves one of yesterday, must not undo what is known.
            if (found is null || Times(found) is not { } next || times is { } known && next.From < known.From)
                return times is { } usable && now <= usable.Until + Grace ? kept : found;

            await WriteAsync(file, found, cancel);
            return found;
        }
        catch (CollateralUnavailableException) when (times is { } usable && now <= usable.Until + Grace)
        {
            return kept;
        }
    }

    private static DateTimeOffset? Expiry(byte[] certificate)
    {
        try
        {
            return PemCertificates.ParseOne(certificate).NotAfter;
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static (DateTimeOffset From, DateTimeOffset Until)? Times(byte[] list)
    {
        try
        {
            var parsed = CertificateRevocationList.Parse(list);
            return (parsed.ThisUpdate, parsed.NextUpdate);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static async ValueTask<byte[]?> ReadAsync(string file, CancellationToken cancel)
    {
        try
        {
            return File.Exists(file) && new FileInfo(file).Length <= CertificateRevocationList.MaxSize ? await File.ReadAllBytesAsync(file, cancel) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // An unreadable cache is an empty one: the source is asked.
            return null;
        }
    }

    private static async ValueTask WriteAsync(string file, byte[] content, CancellationToken cancel)
    {
        var beside = $"{file}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(beside, content, cancel);
            File.Move(beside, file, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CollateralUnavailableException("room in the cache", file, error.Message, error);
        }
    }
}
