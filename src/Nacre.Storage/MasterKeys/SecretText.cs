using System.Security.Cryptography;
using System.Text;

namespace Nacre.Storage.MasterKeys;

/// <summary>Passwords and tokens, from a file or from a variable.</summary>
internal static class SecretText
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Without the end of line that editors add.</summary>
    /// <param name="path">Of a small file in UTF-8.</param>
    /// <param name="what">For the message of a failure.</param>
    /// <exception cref="StoreException">The file cannot be read, or is empty.</exception>
    public static string FromFile(string path, string what)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw new StoreException($"{what}: '{path}' is larger than {MaxBytes} bytes, so it is not that");

            var bytes = File.ReadAllBytes(path);
            var text = Encoding.UTF8.GetString(bytes).TrimEnd('\r', '\n');
            CryptographicOperations.ZeroMemory(bytes);
            return text.Length > 0 ? text : throw new StoreException($"{what}: '{path}' is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{what}: '{path}' cannot be read: {e.Message}", e);
        }
    }
}
