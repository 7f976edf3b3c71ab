using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.Aliyun;

/// <summary>
/// A client key of Alibaba Cloud's KMS, <c>{"KeyId","PrivateKeyData":PKCS#12 in base64}</c>, and how it signs requests (guest.md 3.7).
/// </summary>
internal sealed class AliyunClientKey : IDisposable
{
    private const string MediaType = "application/x-protobuf";

    private readonly string _id;
    private readonly RSA _key;

    private AliyunClientKey(string id, RSA key) => (_id, _key) = (id, key);

    /// <exception cref="MalformedDataException">It is no such key, or the password does not open it.</exception>
    public static AliyunClientKey Read(JsonFields fields)
    {
        try
        {
            var json = Encoding.UTF8.GetBytes(fields.Text("client_key"));
            using var document = StrictJson.Parse(json, "aliyun.client_key", json.Length);
            var key = new JsonFields("aliyun.client_key", document.RootElement);
            var id = key.Text("KeyId", 128);
            if (id.Length == 0 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
                throw fields.Malformed("client_key", "has a KeyId that is none");
            using var certificate = X509CertificateLoader.LoadPkcs12(
                key.Base64("PrivateKeyData", 32 * 1024), fields.Text("password", 256), X509KeyStorageFlags.EphemeralKeySet);
            return new AliyunClientKey(id, certificate.GetRSAPrivateKey() ?? throw fields.Malformed("client_key", "holds no RSA key"));
        }
        catch (CryptographicException)
        {
            throw fields.Malformed("client_key", "is not opened by the password");
        }
    }

    /// <summary>A signed request for one of the API's functions.</summary>
    public HttpRequestMessage Sign(Uri url, string function, byte[] body, DateTimeOffset now)
    {
        var hash = Convert.ToHexString(SHA256.HashData(body));
        var date = now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);

        // In the order in which they are signed.
        (string Name, string Value)[] headers =
        [
            ("x-kms-acccesskeyid", _id),
            ("x-kms-apiname", function),
            ("x-kms-apiversion", "dkms-gcs-0.2"),
            ("x-kms-signaturemethod", "RSA_PKCS1_SHA_256"),
        ];
        var text = $"POST\n{hash}\n{MediaType}\n{date}\n{string.Concat(headers.Select(header => $"{header.Name}:{header.Value}\n"))}/";
        var signature = _key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        request.Headers.TryAddWithoutValidation("Accept", MediaType);
        request.Headers.TryAddWithoutValidation("Date", date);
        request.Headers.TryAddWithoutValidation("Content-Sha256", hash);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Convert.ToBase64String(signature)}");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    public void Dispose() => _key.Dispose();
}
