// The framework marks PKCS#8 of ML-KEM as experimental, because its encoding was a draft (draft-ietf-lamps-kyber-certificates). These keys
// live as long as a token does, so a change of the encoding costs a guest no more than a new handshake.
#pragma warning disable SYSLIB5006

using System.Security.Cryptography;

namespace Nacre.Formats.Jose;

/// <summary>Private ML-KEM-768 keys as PKCS#8 in PEM (trust.md 1.6).</summary>
internal static class MlKemPem
{
    public static string Export(MLKem key) => key.ExportPkcs8PrivateKeyPem();

    /// <summary>Null when the text holds no such key, or this machine cannot use it.</summary>
    public static MLKem? TryImport(ReadOnlySpan<char> pem)
    {
        if (MlKemKeyWrap.FindProblem() is not null)
            return null;

        try
        {
            var key = MLKem.ImportFromPem(pem);
            if (key.Algorithm == MLKemAlgorithm.MLKem768)
                return key;
            key.Dispose();
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }
}
