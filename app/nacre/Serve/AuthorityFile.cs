using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Cli.Serve;

/// <summary>A PEM file with the certificates of authorities.</summary>
internal static class AuthorityFile
{
    private const string Rule = "it must be certificates in PEM";

    public static X509Certificate2Collection Read(FileInfo file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file.FullName);
        }
        catch (CryptographicException e)
        {
            throw new CommandException($"'{file}' cannot be read: {e.Message}", Rule);
        }

        return authorities.Count > 0 ? authorities : throw new CommandException($"'{file}' holds no certificate", Rule);
    }
}
