using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Nacre.KeyBroker.Tls;

/// <summary>The files that an operator gives for TLS, read together and checked together.</summary>
internal sealed class TlsFiles(TlsOptions options)
{
    private const int MaxFileBytes = 1024 * 1024;
    private const int MaxCertificates = 64;
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <param name="now">Tells whether the certificate is good.</param>
    /// <param name="known">Digest of what is in use; null for nothing.</param>
    /// <returns>Null when the files still say what is known.</returns>
    /// <exception cref="TlsFileException">They cannot be used.</exception>
    public LoadedTls? Read(DateTimeOffset now, byte[]? known)
    {
        var certificate = Bytes(options.CertificateFile);
        var key = Bytes(options.KeyFile);
        try
        {
            var authorities = Bytes(options.ClientAuthoritiesFile);
            var digest = SHA256.HashData([.. SHA256.HashData(certificate), .. SHA256.HashData(key), .. SHA256.HashData(authorities)]);
            return known is not null && digest.AsSpan().SequenceEqual(known) ? null : new LoadedTls(
                digest, options.CertificateFile is null ? null : Pair(certificate, key, now),
                options.ClientAuthoritiesFile is { } file ? Certificates(authorities, file) : null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private SslStreamCertificateContext Pair(byte[] pem, byte[] key, DateTimeOffset now)
    {
        var chain = Certificates(pem, options.CertificateFile!);
        var text = Encoding.ASCII.GetChars(key);
        try
        {
            var leaf = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem), text);
            CheckUse(leaf, now);
            return SslStreamCertificateContext.Create(leaf, [.. chain.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new TlsFileException(
                $"the first certificate in '{options.CertificateFile}' and the key in '{options.KeyFile}' do not go together: {e.Message}; "
                + "the server's certificate comes first, and its key is PEM and not encrypted", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    private void CheckUse(X509Certificate2 leaf, DateTimeOffset now)
    {
        if (now >= new DateTimeOffset(leaf.NotAfter))
            throw new TlsFileException($"the certificate in '{options.CertificateFile}' ended at {Time(leaf.NotAfter)}; renew it");
        if (now < new DateTimeOffset(leaf.NotBefore))
            throw new TlsFileException($"the certificate in '{options.CertificateFile}' begins at {Time(leaf.NotBefore)}; is the clock right?");
        if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } uses
            && !uses.EnhancedKeyUsages.OfType<Oid>().Any(use => use.Value == ServerUse))
            throw new TlsFileException($"the certificate in '{options.CertificateFile}' is not for servers: its key usage lacks serverAuth");
    }

    internal static string Time(DateTime local) =>
        local.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static X509Certificate2Collection Certificates(byte[] pem, string file)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.ASCII.GetString(pem));
        }
        catch (CryptographicException e)
        {
            throw new TlsFileException($"'{file}' holds a certificate that cannot be read: {e.Message}", e);
        }

        return certificates.Count is > 0 and <= MaxCertificates
            ? certificates
            : throw new TlsFileException($"'{file}' holds {certificates.Count} certificates in PEM; it must be 1 to {MaxCertificates}");
    }

    private static byte[] Bytes(string? file)
    {
        if (file is null)
            return [];

        try
        {
            return new FileInfo(file).Length <= MaxFileBytes
                ? File.ReadAllBytes(file) : throw new TlsFileException($"'{file}' is larger than {MaxFileBytes} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TlsFileException($"'{file}' cannot be read: {e.Message}", e);
        }
    }
}

/// <param name="Digest">Of all files.</param>
/// <param name="Certificate">Null when none is given.</param>
/// <param name="ClientAuthorities">Null when callers are not asked for a certificate.</param>
internal sealed record LoadedTls(byte[] Digest, SslStreamCertificateContext? Certificate, X509Certificate2Collection? ClientAuthorities);
