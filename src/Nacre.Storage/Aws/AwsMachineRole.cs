using System.Globalization;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Storage.Aws;

/// <summary>The role of the machine, from its metadata service: version 2 only, in which a token is asked for first.</summary>
internal sealed class AwsMachineRole(AwsHttp http, Func<string, string?> variable)
{
    private const string Service = "http://169.254.169.254/";
    private const string RolePath = "latest/meta-data/iam/security-credentials/";
    private const int MaxAnswer = 16 * 1024;

    /// <summary>Whether the operator has not forbidden to ask.</summary>
    public bool IsAllowed => !string.Equals(variable("AWS_EC2_METADATA_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="StoreException">The machine has none.</exception>
    public async ValueTask<(AwsCredentials Credentials, DateTimeOffset Until)> AskAsync(CancellationToken cancel)
    {
        var text = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") is { } given ? given.TrimEnd('/') + "/" : Service;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var service) || service.Scheme is not ("http" or "https"))
            throw new StoreException($"AWS_EC2_METADATA_SERVICE_ENDPOINT is '{text}', which is no address");

        using var ask = new HttpRequestMessage(HttpMethod.Put, new Uri(service, "latest/api/token"));
        ask.Headers.Add("X-aws-ec2-metadata-token-ttl-seconds", "300");
        var token = await TextAsync(ask, cancel);
        var role = (await GetAsync(service, RolePath, token, cancel)).Split('\n')[0].Trim();
        return Read(role, await GetAsync(service, RolePath + Uri.EscapeDataString(role), token, cancel));
    }

    private async ValueTask<string> GetAsync(Uri service, string path, string token, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service, path));
        request.Headers.TryAddWithoutValidation("X-aws-ec2-metadata-token", token);
        return await TextAsync(request, cancel);
    }

    private async ValueTask<string> TextAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var (status, body) = await http.SendAsync(request, cancel);
        return status == 200 && body.Length is > 0 and <= MaxAnswer ? Encoding.UTF8.GetString(body)
            : throw new StoreException(
                $"the machine's metadata service answers {status} to {request.Method} {request.RequestUri!.AbsolutePath}; does it have a role?");
    }

    private static (AwsCredentials Credentials, DateTimeOffset Until) Read(string role, string answer)
    {
        try
        {
            using var document = StrictJson.Parse(Encoding.UTF8.GetBytes(answer), "aws.role", MaxAnswer);
            var fields = new JsonFields("aws.role", document.RootElement);
            return (new(fields.Text("AccessKeyId", 256), fields.Text("SecretAccessKey", 256), fields.Text("Token", 8192)),
                DateTimeOffset.Parse(fields.Text("Expiration", 64), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        }
        catch (Exception e) when (e is MalformedDataException or FormatException)
        {
            throw new StoreException($"what the machine's metadata service answers for the role '{role}' is no credential");
        }
    }
}
