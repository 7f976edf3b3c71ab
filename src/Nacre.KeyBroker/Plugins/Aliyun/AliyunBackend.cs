using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Aliyun;

/// <summary>
/// Resources in a dedicated instance of Alibaba Cloud's KMS (guest.md 3.7, client key), read-only: the bytes of the text of the secret that
/// is named as the whole path (trust.md 2.3).
/// </summary>
internal sealed class AliyunBackend : IResourceBackend
{
    public const string Name = "Aliyun";
    private const int MaxName = 192;

    // Fields of the messages of dkms_api.
    private const int NameField = 1;
    private const int ExtendedField = 4;
    private const int DataField = 3;
    private const int ErrorCodeField = 2;

    private readonly BackendHttp _http;
    private readonly AliyunClientKey _key;
    private readonly TimeProvider _clock;
    private readonly Uri _url;
    private readonly NameTemplate _names;

    private AliyunBackend(BackendSettings settings)
    {
        var fields = settings.Fields;
        settings.Only("client_key", "kms_instance_id", "password", "cert_pem", "endpoint_url");
        var instance = fields.Text("kms_instance_id", 64);
        if (instance.Length == 0 || !instance.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw fields.Malformed("kms_instance_id", "must be the id of an instance such as kst-…");
        _url = BackendHttp.Address(
            fields, "endpoint_url", fields.FindText("endpoint_url", 1024) ?? $"https://{instance}.cryptoservice.kms.aliyuncs.com");
        _names = NameTemplate.Read(fields, NameTemplate.WholePath);
        _clock = settings.Clock;

        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(fields.Text("cert_pem"));
        }
        catch (CryptographicException e)
        {
            throw fields.Malformed("cert_pem", $"is no certificate in PEM: {e.Message}");
        }

        if (roots.Count == 0)
            throw fields.Malformed("cert_pem", "must hold the certificate of the instance's authority in PEM");
        _key = AliyunClientKey.Read(fields);
        _http = new BackendHttp(Name, settings.Clock, roots);
    }

    string IResourceBackend.Type => Name;

    public static IResourceBackend Open(BackendSettings settings) => new AliyunBackend(settings);

    public async ValueTask<byte[]?> FindAsync(ResourceUri uri, CancellationToken cancel)
    {
        var name = _names.NameOf(uri);
        if (name.Length > MaxName)
            throw new BackendException($"{Name}: '{name}' is longer than {MaxName} characters; give other names with {NameTemplate.Key}");

        using var request = _key.Sign(_url, "GetSecretValue", Request(name), _clock.GetUtcNow());
        var answer = await _http.SendAsync(request, cancel);
        if (answer.IsDone)
        {
            return Text(answer, DataField) is { Length: <= KbsProtocol.MaxMessageBytes } text ? Encoding.UTF8.GetBytes(text)
                : throw new BackendException($"{Name}: the answer holds no secret, or one that is too large");
        }

        var code = Text(answer, ErrorCodeField);
        return code == "Forbidden.ResourceNotFound" ? null
            : throw answer.Failure(
                code, "look at the permissions of the client key's application access point and at the state of the secret");
    }

    public void Dispose()
    {
        _key.Dispose();
        _http.Dispose();
    }

    private static byte[] Request(string name)
    {
        using var output = new MemoryStream();
        using (var writer = new CodedOutputStream(output))
        {
            writer.WriteTag(NameField, WireFormat.WireType.LengthDelimited);
            writer.WriteString(name);
            writer.WriteTag(ExtendedField, WireFormat.WireType.Varint);
            writer.WriteBool(true);
        }

        return output.ToArray();
    }

    private static string? Text(BackendAnswer answer, int field)
    {
        try
        {
            using var input = new CodedInputStream(answer.Body);
            string? text = null;
            while (input.ReadTag() is > 0 and var tag)
            {
                if (tag == WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited))
                    text = input.ReadString();
                else
                    input.SkipLastField();
            }

            return text;
        }
        catch (InvalidProtocolBufferException)
        {
            // Its message could hold a piece of the answer.
            throw new BackendException($"{Name}: the answer ({answer.Status}) is no message of the KMS");
        }
    }
}
