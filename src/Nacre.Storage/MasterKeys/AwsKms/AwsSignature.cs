using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nacre.Storage.Aws;

namespace Nacre.Storage.MasterKeys.AwsKms;

/// <summary>AWS Signature Version 4 of a POST to the root of a service, in headers ("Create a signed AWS API request").</summary>
internal static class AwsSignature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Method = "POST";

    /// <summary>The value of <c>x-amz-date</c>.</summary>
    public static string Date(DateTimeOffset now) => now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The value of <c>Authorization</c>.</summary>
    /// <param name="credentials">Who signs.</param>
    /// <param name="region">Such as <c>eu-central-1</c>.</param>
    /// <param name="service">Such as <c>kms</c>.</param>
    /// <param name="date">As <see cref="Date"/> writes it.</param>
    /// <param name="headers">That are signed, with <c>host</c> and <c>x-amz-date</c>; names in lower case, values without space around.</param>
    /// <param name="body">Whole.</param>
    public static string Authorization(
        AwsCredentials credentials, string region, string service, string date,
        IEnumerable<(string Name, string Value)> headers, ReadOnlySpan<byte> body)
    {
        var sorted = headers.OrderBy(header => header.Name, StringComparer.Ordinal).ToList();
        var names = string.Join(';', sorted.Select(header => header.Name));
        var lines = string.Concat(sorted.Select(header => $"{header.Name}:{header.Value}\n"));
        var canonical = $"{Method}\n/\n\n{lines}\n{names}\n{Hex(SHA256.HashData(body))}";
        var scope = $"{date[..8]}/{region}/{service}/aws4_request";
        var toSign = $"{Algorithm}\n{date}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";

        var key = Encoding.UTF8.GetBytes("AWS4" + credentials.Secret);
        foreach (var part in (string[])[date[..8], region, service, "aws4_request", toSign])
        {
            var next = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
            CryptographicOperations.ZeroMemory(key);
            key = next;
        }

        return $"{Algorithm} Credential={credentials.KeyId}/{scope}, SignedHeaders={names}, Signature={Hex(key)}";
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
