using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Nacre.Storage.MasterKeys;

namespace Nacre.Storage.Aws;

/// <summary>
/// The role that a token of another identity provider is good for, such as the one that Kubernetes keeps in a file: AssumeRoleWithWebIdentity
/// of the region's Security Token Service (API 2011-06-15). The request is not signed; the file is read each time, since its token is replaced.
/// </summary>
internal sealed class AwsWebIdentity(AwsHttp http, string region, Func<string, string?> variable)
{
    private const string Version = "2011-06-15";
    private const int MaxToken = 20_000;
    private const int MaxAnswer = 64 * 1024;
    private const int Attempts = 3;

    private static readonly XNamespace s_sts = $"https://sts.amazonaws.com/doc/{Version}/";
    private static readonly TimeSpan s_life = TimeSpan.FromHours(1);

    /// <summary>Whether the variables for it are set.</summary>
    public bool IsConfigured => variable("AWS_ROLE_ARN") is not null && variable("AWS_WEB_IDENTITY_TOKEN_FILE") is not null;

    /// <exception cref="StoreException">The role is not given, or the service is away.</exception>
    public async ValueTask<(AwsCredentials Credentials, DateTimeOffset Until)> AskAsync(CancellationToken cancel)
    {
        var address = Address();
        var token = SecretText.FromFile(variable("AWS_WEB_IDENTITY_TOKEN_FILE")!, "the web identity for AWS");
        if (token.Length > MaxToken)
            throw new StoreException($"the web identity for AWS has {token.Length} characters; at most {MaxToken} are taken");

        var form = new Dictionary<string, string>
        {
            ["Action"] = "AssumeRoleWithWebIdentity",
            ["Version"] = Version,
            ["RoleArn"] = variable("AWS_ROLE_ARN")!,
            ["RoleSessionName"] = variable("AWS_ROLE_SESSION_NAME") ?? "nacre",
            ["WebIdentityToken"] = token,
            ["DurationSeconds"] = s_life.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        };
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
            var (status, body) = await http.SendAsync(request, cancel);
            if (status == 200)
                return Read(body);
            if (attempt == Attempts || status < 500 && status != 429)
                throw new StoreException($"AWS does not give the role {form["RoleArn"]}: {status} {Explain(body)}");
        }
    }

    private Uri Address()
    {
        var domain = region.StartsWith("cn-", StringComparison.Ordinal) ? "amazonaws.com.cn" : "amazonaws.com";
        var text = variable("AWS_ENDPOINT_URL_STS") ?? $"https://sts.{region}.{domain}";
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && AwsHttp.IsSafe(address) ? new Uri(address, "/")
            : throw new StoreException($"AWS_ENDPOINT_URL_STS is '{text}'; it must be https, or http on this machine");
    }

    private static (AwsCredentials Credentials, DateTimeOffset Until) Read(byte[] body)
    {
        var credentials = Parse(body)?.Element(s_sts + "AssumeRoleWithWebIdentityResult")?.Element(s_sts + "Credentials");
        return Text("AccessKeyId") is { } id && Text("SecretAccessKey") is { } secret && Text("SessionToken") is { } session
            && DateTimeOffset.TryParse(
                Text("Expiration"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var until)
            ? (new AwsCredentials(id, secret, session), until)
            : throw new StoreException("AWS's Security Token Service answers something that is no credential");

        string? Text(string name) =>
            credentials?.Elements(s_sts + name).ToList() is [{ HasElements: false, Value: { Length: > 0 } text }] ? text : null;
    }

    // Its code alone: a message could repeat what was sent.
    private static string Explain(byte[] body)
    {
        var code = Parse(body)?.Element(s_sts + "Error")?.Element(s_sts + "Code")?.Value;
        return code switch
        {
            "ExpiredTokenException" => "ExpiredTokenException; the token in AWS_WEB_IDENTITY_TOKEN_FILE has ended: who renews it?",
            "InvalidIdentityToken" or "IDPRejectedClaim" =>
                $"{code}; is the token's issuer a provider of that account, and the audience sts.amazonaws.com?",
            "AccessDenied" => "AccessDenied; the role's trust policy must allow sts:AssumeRoleWithWebIdentity to the token's subject",
            { Length: <= 64 } when code.All(char.IsAsciiLetterOrDigit) => code,
            _ => "and no reason",
        };
    }

    private static XElement? Parse(byte[] body)
    {
        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(body),
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxAnswer });
            return XElement.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }
    }
}
