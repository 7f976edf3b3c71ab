using System.Text;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Images.Signatures.Notation;

namespace Nacre.Images.Policy.Notation;

/// <summary>
/// Certificates in directories, <c>x509/KIND/NAME/*.{pem,crt,cer}</c>, PEM or DER (trust-store-trust-policy.md, "Trust Store"). Symbolic links
/// are refused; other files and directories below are not read.
/// </summary>
internal static class NotationTrustStore
{
    private const int MostFiles = 256;
    private const int MostCertificates = 64;
    private const long LargestFile = 1 << 20;
    private static readonly string[] s_extensions = [".pem", ".crt", ".cer"];

    /// <exception cref="ImageException">The store is not there, is empty, or holds something else.</exception>
    public static IReadOnlyList<Certificate> Read(string root, NotationStoreName store)
    {
        var directory = new DirectoryInfo(Path.Combine(root, "x509", store.Kind, store.Name));
        try
        {
            if (!directory.Exists)
                throw Invalid($"there is no trust store '{store.Kind}:{store.Name}'", directory.FullName);
            if (directory.LinkTarget is not null)
                throw Invalid("a trust store must not be a symbolic link", directory.FullName);

            var files = directory.EnumerateFiles().Where(file => s_extensions.Contains(file.Extension))
                .OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
            var certificates = files.Take(MostFiles).SelectMany(Read).ToList();
            return files.Count <= MostFiles && certificates.Count > 0
                ? certificates
                : throw Invalid($"the trust store has {files.Count} files of certificates, must have 1 to {MostFiles}", directory.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(
                ImageFault.PolicyInvalid, $"the trust store cannot be read: {e.Message}", directory.FullName, "check that it may be read", e);
        }
    }

    private static IReadOnlyList<Certificate> Read(FileInfo file)
    {
        if (file.LinkTarget is not null)
            throw Invalid("a certificate of a trust store must not be a symbolic link", file.FullName);
        if (file.Length > LargestFile)
            throw Invalid($"it has {file.Length} bytes, at most {LargestFile} are read", file.FullName);

        try
        {
            var bytes = File.ReadAllBytes(file.FullName);
            IReadOnlyList<Certificate> certificates = bytes.AsSpan().IndexOf("-----BEGIN"u8) >= 0
                ? PemCertificates.Parse(Encoding.Latin1.GetString(bytes), MostCertificates)
                : [Certificate.Parse(bytes)];

            // Anything else could only be there by mistake, and would trust a single signer for ever.
            return certificates.FirstOrDefault(one => !one.Extensions.IsAuthority && !NotationChain.IsSignedBy(one, one)) is { } other
                ? throw Invalid($"{other.Subject} is neither an authority nor self-signed", file.FullName)
                : certificates;
        }
        catch (MalformedDataException e)
        {
            throw Invalid(e.Message, file.FullName);
        }
    }

    private static ImageException Invalid(string what, string where) =>
        new(ImageFault.PolicyInvalid, what, where, "lay the store out as notation does: x509/ca/NAME/root.crt");
}
