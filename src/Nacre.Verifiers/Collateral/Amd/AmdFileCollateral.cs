using System.Globalization;
using System.Text;
using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Collateral.Amd;

/// <summary>
/// AMD's certificates from a folder, for places without a network (evidence.md 5.2). Two layouts are read: upstream's store
/// (<c>vcek/CHIP/blNN_teeNN_snpNN_ucodeNN[_fmcNN]_vcek.der</c>, or <c>vcek.der</c> beside it) and any tree of certificates, in which the one
/// whose extensions name the chip and its versions is taken. Lists are <c>crl/PRODUCT_vcek.crl</c> and <c>crl/PRODUCT_vlek.crl</c>.
/// </summary>
public sealed class AmdFileCollateral(string folder) : IAmdCollateral
{
    private const int MaxFiles = 4096;
    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8 };

    public async ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(name);
        var chip = Path.Combine(folder, "vcek", name.ChipIdHex);
        foreach (var file in (string[])[Path.Combine(chip, FileName(name.Tcb)), Path.Combine(chip, "vcek.der")])
        {
            if (File.Exists(file) && await ReadAsync(file, Certificate.MaxSize, cancel) is { } found)
                return found;
        }

        return Directory.Exists(folder) ? await SearchAsync(name, cancel) : null;
    }

    public async ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel)
    {
        var file = Path.Combine(folder, ListName(product, key));
        return File.Exists(file) ? await ReadAsync(file, CertificateRevocationList.MaxSize, cancel) : null;
    }

    internal static string ListName(SnpProduct product, SnpSigningKey key) =>
        $"crl/{product.Name()}_{(key == SnpSigningKey.Vlek ? "vlek" : "vcek")}.crl";

    internal static string FileName(SnpTcb tcb)
    {
        var fmc = tcb.Fmc is { } number ? string.Create(CultureInfo.InvariantCulture, $"_fmc{number:00}") : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"bl{tcb.Bootloader:00}_tee{tcb.Tee:00}_snp{tcb.Snp:00}_ucode{tcb.Microcode:00}{fmc}_vcek.der");
    }

    private async ValueTask<byte[]?> SearchAsync(VcekName name, CancellationToken cancel)
    {
        var files = Directory.EnumerateFiles(folder, "*", s_everywhere).Where(file => Path.GetExtension(file) is ".der" or ".pem" or ".crt" or ".cer");
        foreach (var file in files.Take(MaxFiles))
        {
            var bytes = await ReadAsync(file, 4 * Certificate.MaxSize, cancel);
            if (bytes is not null && Match(bytes, name) is { } match)
                return match;
        }

        return null;
    }

    private static byte[]? Match(byte[] bytes, VcekName name)
    {
        try
        {
            var certificate = bytes.AsSpan().StartsWith("-----BEGIN"u8)
                ? PemCertificates.Parse(Encoding.ASCII.GetString(bytes))[0] : Certificate.Parse(bytes);
            var vek = SnpVekExtensions.Parse(certificate);
            return vek.HardwareId is { } id && Convert.ToHexStringLower(id) == name.ChipIdHex && vek.Tcb == name.Tcb ? certificate.Raw.ToArray() : null;
        }
        catch (MalformedDataException)
        {
            // Some other file: the folder may hold what it likes.
            return null;
        }
    }

    private static async ValueTask<byte[]?> ReadAsync(string file, int max, CancellationToken cancel)
    {
        try
        {
            return new FileInfo(file).Length <= max ? await File.ReadAllBytesAsync(file, cancel) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CollateralUnavailableException("a certificate", file, error.Message, error);
        }
    }
}
