using Nacre.Storage;
using Nacre.Storage.Aws;
using Nacre.UnitTests.KeyBroker.SecretManagers;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.UnitTests.Storage.Aws;

/// <summary>Against stand-ins that answer as the documents of AWS's Security Token Service and of the metadata service say.</summary>
[Trait("Group", "TrustKeys")]
public sealed class AwsCredentialChainTests : IAsyncDisposable
{
    private const string Roles = "/latest/meta-data/iam/security-credentials/";
    private const string Role = "arn:aws:iam::123456789012:role/nacre";

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-aws-").FullName;
    private readonly StandInService _service = new();
    private readonly HandClock _clock = new(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Dictionary<string, string> _variables = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string TokenFile => Path.Combine(_folder, "token");

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_web_identity_is_exchanged_with_the_documented_parameters_and_anew_before_the_end()
    {
        SetWebIdentity("token+1/=&");
        var given = 0;
        var asked = BackendRequest.Serve(_service, "/", _ => (200, Sts($"ASIA{++given}", _clock.GetUtcNow().AddHours(1))));
        using var chain = Open();

        Assert.Equal(new AwsCredentials("ASIA1", "secret+/", "session"), await chain.GetAsync(Cancel));
        _clock.Now += TimeSpan.FromMinutes(57);
        Assert.Equal("ASIA1", (await chain.GetAsync(Cancel)).KeyId);
        var request = Assert.Single(asked);
        Assert.Equal(("POST", "application/x-www-form-urlencoded", null), (request.Method, request.Headers["Content-Type"], request.Headers["Authorization"]));
        Assert.Equal(
            [
                "Action=AssumeRoleWithWebIdentity", "DurationSeconds=3600", $"RoleArn={Uri.EscapeDataString(Role)}", "RoleSessionName=nacre",
                "Version=2011-06-15", $"WebIdentityToken={Uri.EscapeDataString("token+1/=&")}",
            ],
            request.Text.Split('&').Order(StringComparer.Ordinal));

        // Kubernetes replaces the token in the file.
        await File.WriteAllTextAsync(TokenFile, "token2\n", Cancel);
        _variables["AWS_ROLE_SESSION_NAME"] = "of-a-pod";
        _clock.Now += TimeSpan.FromMinutes(2);
        Assert.Equal("ASIA2", (await chain.GetAsync(Cancel)).KeyId);
        Assert.Contains("WebIdentityToken=token2&", asked.Last().Text, StringComparison.Ordinal);
        Assert.Contains("RoleSessionName=of-a-pod", asked.Last().Text, StringComparison.Ordinal);

        chain.Forget();
        Assert.Equal("ASIA3", (await chain.GetAsync(Cancel)).KeyId);
    }

    [Fact]
    public async Task The_first_source_that_there_is_counts_and_no_other_is_asked_when_it_fails()
    {
        SetMachine("AKIDMACHINE", _clock.GetUtcNow().AddHours(6));
        using var chain = Open();
        Assert.Equal("AKIDMACHINE", (await chain.GetAsync(Cancel)).KeyId);

        _variables["AWS_SHARED_CREDENTIALS_FILE"] = Path.Combine(_folder, "credentials");
        await File.WriteAllTextAsync(_variables["AWS_SHARED_CREDENTIALS_FILE"], "[default]\naws_access_key_id=AKIDFILE\naws_secret_access_key=s\n", Cancel);
        Assert.Equal("AKIDFILE", (await chain.GetAsync(Cancel)).KeyId);

        SetWebIdentity("a token");
        var asked = BackendRequest.Serve(_service, "/", _ => (200, Sts("ASIAIDENTITY", _clock.GetUtcNow().AddHours(1))));
        Assert.Equal("ASIAIDENTITY", (await chain.GetAsync(Cancel)).KeyId);
        (_variables["AWS_ACCESS_KEY_ID"], _variables["AWS_SECRET_ACCESS_KEY"]) = ("AKIDVARIABLE", "s");
        Assert.Equal(new AwsCredentials("AKIDVARIABLE", "s", null), await chain.GetAsync(Cancel));

        _variables.Remove("AWS_ACCESS_KEY_ID");
        chain.Forget();
        BackendRequest.Serve(_service, "/", _ => (403, Error("AccessDenied")));
        var refused = await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask());
        Assert.Contains($"does not give the role {Role}: 403 AccessDenied; the role's trust policy", refused.Message, StringComparison.Ordinal);
        Assert.Single(asked);
        Assert.Equal(1, _service.Count(Roles + "role1"));
    }

    [Theory]
    [InlineData(400, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Code>ExpiredTokenException</Code><Message>my token</Message></Error></ErrorResponse>", "400 ExpiredTokenException; the token in AWS_WEB_IDENTITY_TOKEN_FILE has ended")]
    [InlineData(400, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Code>my token is bad</Code></Error></ErrorResponse>", "400 and no reason")]
    [InlineData(400, "my token", "400 and no reason")]
    [InlineData(302, "", "302 and no reason")]
    [InlineData(200, "", "no credential")]
    [InlineData(200, "{}", "no credential")]
    [InlineData(200, "<!DOCTYPE x [<!ENTITY e \"my token\">]><x>&e;</x>", "no credential")]
    [InlineData(200, "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult/></AssumeRoleWithWebIdentityResponse>", "no credential")]
    public async Task What_is_no_credential_is_refused_without_what_was_sent(int status, string body, string what)
    {
        SetWebIdentity("my token");
        var asked = BackendRequest.Serve(_service, "/", _ => (status, body));
        using var chain = Open();

        var e = await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask());

        Assert.Contains(what, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("my token", e.Message, StringComparison.Ordinal);
        Assert.Single(asked);
    }

    [Theory]
    [InlineData("AccessKeyId")]
    [InlineData("SecretAccessKey")]
    [InlineData("SessionToken")]
    [InlineData("Expiration")]
    public async Task Every_member_must_be_there_once(string member)
    {
        SetWebIdentity("a token");
        var whole = Sts("ASIA1", _clock.GetUtcNow().AddHours(1));
        var begin = whole.IndexOf($"<{member}>", StringComparison.Ordinal);
        var end = whole.IndexOf($"</{member}>", StringComparison.Ordinal) + member.Length + 3;
        foreach (var text in (string[])[whole.Remove(begin, end - begin), whole.Insert(begin, whole[begin..end])])
        {
            BackendRequest.Serve(_service, "/", _ => (200, text));
            using var chain = Open();
            Assert.Contains("no credential", (await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask())).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task While_the_service_is_away_what_there_is_stays_good_to_its_end()
    {
        SetWebIdentity("a token");
        BackendRequest.Serve(_service, "/", _ => (200, Sts("ASIA1", _clock.GetUtcNow().AddHours(1))));
        using var chain = Open();
        await chain.GetAsync(Cancel);

        var failed = BackendRequest.Serve(_service, "/", _ => (503, ""));
        _clock.Now += TimeSpan.FromMinutes(59);
        Assert.Equal("ASIA1", (await chain.GetAsync(Cancel)).KeyId);
        Assert.Equal(3, failed.Count);
        _clock.Now += TimeSpan.FromSeconds(55);
        Assert.Contains("503", (await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask())).Message, StringComparison.Ordinal);

        BackendRequest.Serve(_service, "/", _ => (200, Sts("ASIA2", _clock.GetUtcNow())));
        Assert.Contains("ended already", (await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_role_of_the_machine_needs_the_session_token_and_is_asked_anew_before_its_end()
    {
        SetMachine("AKID1", _clock.GetUtcNow().AddHours(6));
        using var chain = Open();
        Assert.Equal(new AwsCredentials("AKID1", "c", "d"), await chain.GetAsync(Cancel));
        Assert.Equal("AKID1", (await chain.GetAsync(Cancel)).KeyId);
        Assert.Equal(1, _service.Count(Roles + "role1"));

        SetMachine("AKID2", _clock.GetUtcNow().AddHours(12));
        _clock.Now += TimeSpan.FromHours(6) - TimeSpan.FromMinutes(1);
        Assert.Equal("AKID2", (await chain.GetAsync(Cancel)).KeyId);
    }

    [Fact]
    public async Task Without_any_source_it_is_said_what_there_could_be()
    {
        _variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = _service.Url.ToString();
        using var chain = Open();
        var e = await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask());
        Assert.StartsWith("there are no credentials for the test; set AWS_ACCESS_KEY_ID", e.Message, StringComparison.Ordinal);
        Assert.Contains("answers 404 to PUT /latest/api/token", e.Message, StringComparison.Ordinal);

        // Version 1 of the metadata service, which asks for no token, is not used.
        _service.Serve(Roles, "role1"u8.ToArray());
        await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask());
        Assert.Equal(0, _service.Count(Roles));

        var before = _service.Asked.Count;
        _variables["AWS_EC2_METADATA_DISABLED"] = "true";
        await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask());
        Assert.Equal(before, _service.Asked.Count);
    }

    [Fact]
    public async Task Answers_are_bounded_and_the_way_is_encrypted()
    {
        SetWebIdentity("a token");
        _service.Flood("/");
        using var chain = Open();
        Assert.Contains("cannot be reached", (await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask())).Message, StringComparison.Ordinal);

        _variables["AWS_ENDPOINT_URL_STS"] = "http://sts.example";
        Assert.Contains("must be https", (await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask())).Message, StringComparison.Ordinal);
        File.Delete(TokenFile);
        _variables["AWS_ENDPOINT_URL_STS"] = _service.Url.ToString();
        Assert.Contains("the web identity for AWS: ", (await Assert.ThrowsAsync<StoreException>(() => chain.GetAsync(Cancel).AsTask())).Message, StringComparison.Ordinal);
    }

    /// <summary>As the API reference shows an answer of AssumeRoleWithWebIdentity.</summary>
    internal static string Sts(string id, DateTimeOffset until, string secret = "secret+/", string session = "session") =>
        $"""
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <SubjectFromWebIdentityToken>system:serviceaccount:nacre:nacre</SubjectFromWebIdentityToken>
            <Audience>sts.amazonaws.com</Audience>
            <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/nacre/nacre</Arn><AssumedRoleId>AROA1:nacre</AssumedRoleId></AssumedRoleUser>
            <Credentials>
              <SessionToken>{session}</SessionToken>
              <SecretAccessKey>{secret}</SecretAccessKey>
              <Expiration>{until:yyyy-MM-dd'T'HH:mm:ss'Z'}</Expiration>
              <AccessKeyId>{id}</AccessKeyId>
            </Credentials>
            <Provider>arn:aws:iam::123456789012:oidc-provider/oidc.example</Provider>
          </AssumeRoleWithWebIdentityResult>
          <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
        </AssumeRoleWithWebIdentityResponse>
        """;

    private static string Error(string code) =>
        $"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>""";

    private AwsCredentialChain Open() => new("the test", "eu-central-1", name => _variables.GetValueOrDefault(name), _clock);

    private void SetWebIdentity(string token)
    {
        File.WriteAllText(TokenFile, token);
        _variables["AWS_ROLE_ARN"] = Role;
        _variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = TokenFile;
        _variables["AWS_ENDPOINT_URL_STS"] = _service.Url.GetLeftPart(UriPartial.Authority);
    }

    private void SetMachine(string id, DateTimeOffset until)
    {
        _variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = _service.Url.GetLeftPart(UriPartial.Authority);
        BackendRequest.Serve(_service, "/latest/api/token", request =>
            request.Method == "PUT" && int.Parse(request.Headers["X-aws-ec2-metadata-token-ttl-seconds"]!) is > 0 and <= 21600 ? (200, "machine-token") : (400, ""));
        BackendRequest.Serve(_service, Roles, request => HasToken(request) ? (200, "role1") : (401, ""));
        BackendRequest.Serve(_service, Roles + "role1", request => HasToken(request)
            ? (200, $$"""{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"{{id}}","SecretAccessKey":"c","Token":"d","Expiration":"{{until:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""")
            : (401, ""));

        static bool HasToken(BackendRequest request) => request.Method == "GET" && request.Headers["X-aws-ec2-metadata-token"] == "machine-token";
    }
}
