using System.Globalization;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Aws;

/// <summary>
/// Where credentials come from, in the order of AWS's own programs: variables, the shared file, the metadata service of the machine
/// (IMDSv2). The last are renewed before they end.
/// </summary>
internal sealed class AwsCredentialChain : IDisposable
{
    private const string Backend = AwsBackend.Name;
    private const string Metadata = "http://169.254.169.254/";
    private const string RolePath = "latest/meta-data/iam/security-credentials/";

    private readonly BackendSettings _settings;
    private readonly BackendHttp _http;
    private readonly AccessTokens<AwsCredentials> _tokens;

    public AwsCredentialChain(BackendSettings settings, BackendHttp http)
    {
        (_settings, _http) = (settings, http);
        _tokens = new AccessTokens<AwsCredentials>(AskMachineAsync, settings.Clock);
    }

    /// <exception cref="BackendException">There are none.</exception>
    public async ValueTask<AwsCredentials> GetAsync(CancellationToken cancel) =>
        FromVariables() ?? await FromFileAsync(cancel) ?? await _tokens.GetAsync(cancel);

    public void Forget() => _tokens.Forget();

    public void Dispose() => _tokens.Dispose();

    private AwsCredentials? FromVariables() =>
        _settings.Variable("AWS_ACCESS_KEY_ID") is { } id && _settings.Variable("AWS_SECRET_ACCESS_KEY") is { } key
            ? new(id, key, _settings.Variable("AWS_SESSION_TOKEN")) : null;

    private async ValueTask<AwsCredentials?> FromFileAsync(CancellationToken cancel)
    {
        var named = _settings.Variable("AWS_SHARED_CREDENTIALS_FILE");
        var file = named ?? (_settings.Variable("HOME") is { } home ? Path.Combine(home, ".aws", "credentials") : null);
        if (file is null || named is null && !File.Exists(file))
            return null;

        var profile = _settings.Variable("AWS_PROFILE") ?? "default";
        var keys = ReadProfile(await BackendSettings.ReadCredentialAsync(Backend, file, cancel), profile);
        return keys.TryGetValue("aws_access_key_id", out var id) && keys.TryGetValue("aws_secret_access_key", out var key)
            ? new(id, key, keys.GetValueOrDefault("aws_session_token"))
            : named is null ? null : throw new BackendException($"{Backend}: '{file}' has no key of profile {profile}");
    }

    private static Dictionary<string, string> ReadProfile(string text, string profile)
    {
        var keys = new Dictionary<string, string>();
        var inside = false;
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith('['))
                inside = line == $"[{profile}]";
            else if (inside && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && line[0] is not ('#' or ';'))
                keys[line[..equals].Trim()] = line[(equals + 1)..].Trim();
        }

        return keys;
    }

    private async ValueTask<AccessToken<AwsCredentials>> AskMachineAsync(CancellationToken cancel)
    {
        var service = new Uri(_settings.Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") is { } given ? given.TrimEnd('/') + "/" : Metadata);
        using var ask = new HttpRequestMessage(HttpMethod.Put, new Uri(service, "latest/api/token"));
        ask.Headers.Add("X-aws-ec2-metadata-token-ttl-seconds", "300");
        var token = await TextAsync(ask, cancel);
        var role = (await GetAsync(service, RolePath, token, cancel)).Split('\n')[0].Trim();
        var answer = await GetAsync(service, RolePath + Uri.EscapeDataString(role), token, cancel);
        try
        {
            using var document = StrictJson.Parse(Encoding.UTF8.GetBytes(answer), Backend, answer.Length * 4);
            var fields = new JsonFields(Backend, document.RootElement);
            return new AccessToken<AwsCredentials>(
                new(fields.Text("AccessKeyId", 256), fields.Text("SecretAccessKey", 256), fields.Text("Token", 8192)),
                DateTimeOffset.Parse(fields.Text("Expiration", 64), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        }
        catch (Exception e) when (e is MalformedDataException or FormatException)
        {
            throw new BackendException($"{Backend}: what the metadata service answers for role {role} is no credential");
        }
    }

    private ValueTask<string> GetAsync(Uri service, string path, string token, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service, path));
        request.Headers.TryAddWithoutValidation("X-aws-ec2-metadata-token", token);
        return TextAsync(request, cancel);
    }

    private async ValueTask<string> TextAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using (request)
        {
            var answer = await _http.SendAsync(request, cancel);
            return answer.IsDone ? Encoding.UTF8.GetString(answer.Body)
                : throw answer.Failure(
                    null, "the machine's metadata service has no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
        }
    }
}
