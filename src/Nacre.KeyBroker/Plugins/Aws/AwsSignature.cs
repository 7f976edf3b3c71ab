using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nacre.Storage.Aws;

namespace Nacre.KeyBroker.Plugins.Aws;

/// <summary>AWS Signature Version 4 for one request (AWS General Reference, "Create a signed AWS API request").</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Absolute and already percent-encoded.</param>
/// <param name="Query">Sorted and percent-encoded; empty for none.</param>
/// <param name="Headers">Those to sign, <c>host</c> and <c>x-amz-date</c> among them, names in lower case.</param>
/// <param name="Body">Of the request.</param>
internal sealed record AwsRequest(
    string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>How a time is written in <c>x-amz-date</c>.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The value of the header <c>Authorization</c>.</summary>
    public string Authorization(AwsCredentials credentials, string region, string service)
    {
        var time = Headers["x-amz-date"];
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var text = $"{Algorithm}\n{time}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(Canonical()))}";

        var key = Encoding.UTF8.GetBytes("AWS4" + credentials.Secret);
        foreach (var part in scope.Split('/'))
            key = Mac(key, part);
        var signature = Convert.ToHexStringLower(Mac(key, text));
        return $"{Algorithm} Credential={credentials.KeyId}/{scope}, SignedHeaders={SignedHeaders()}, Signature={signature}";
    }

    internal string Canonical()
    {
        var headers = string.Concat(Sorted().Select(header => $"{header.Key}:{Trim(header.Value)}\n"));
        return $"{Method}\n{Path}\n{Query}\n{headers}\n{SignedHeaders()}\n{Hash(Body.Span)}";
    }

    private string SignedHeaders() => string.Join(';', Sorted().Select(header => header.Key));

    private IEnumerable<KeyValuePair<string, string>> Sorted() => Headers.OrderBy(header => header.Key, StringComparer.Ordinal);

    private static string Trim(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
