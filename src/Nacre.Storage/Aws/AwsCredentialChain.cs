using Nacre.Storage.MasterKeys;

namespace Nacre.Storage.Aws;

/// <summary>
/// Where credentials come from, in this order: the variables; a web identity; the shared file; the role of the machine. The first that there is
/// counts: when it does not work the others are not asked, or a service would run as somebody else.
/// </summary>
public sealed class AwsCredentialChain : IDisposable
{
    private readonly string _what;
    private readonly Func<string, string?> _variable;
    private readonly AwsHttp _http;
    private readonly AwsWebIdentity _identity;
    private readonly AwsMachineRole _machine;
    private readonly EndingCredentials _ofIdentity;
    private readonly EndingCredentials _ofMachine;

    /// <param name="what">They are for, in messages.</param>
    /// <param name="region">Whose Security Token Service is asked.</param>
    /// <param name="variable">Reads an environment variable; null when it is not set or empty.</param>
    /// <param name="clock">Says when credentials end.</param>
    /// <exception cref="StoreException">The file of AWS_CA_BUNDLE cannot be read.</exception>
    public AwsCredentialChain(string what, string region, Func<string, string?> variable, TimeProvider clock)
    {
        (_what, _variable, _http) = (what, variable, new AwsHttp(variable("AWS_CA_BUNDLE")));
        (_identity, _machine) = (new AwsWebIdentity(_http, region, variable), new AwsMachineRole(_http, variable));
        (_ofIdentity, _ofMachine) = (new EndingCredentials(_identity.AskAsync, clock), new EndingCredentials(_machine.AskAsync, clock));
    }

    private string None =>
        $"there are no credentials for {_what}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), AWS_ROLE_ARN and "
        + "AWS_WEB_IDENTITY_TOKEN_FILE, or AWS_SHARED_CREDENTIALS_FILE (and AWS_PROFILE), or give the machine a role";

    /// <exception cref="StoreException">There are none.</exception>
    public async ValueTask<AwsCredentials> GetAsync(CancellationToken cancel)
    {
        if (_variable("AWS_ACCESS_KEY_ID") is { } id && _variable("AWS_SECRET_ACCESS_KEY") is { } secret)
            return new(id, secret, _variable("AWS_SESSION_TOKEN"));
        if (_identity.IsConfigured)
            return await _ofIdentity.GetAsync(cancel);
        if (FromFile() is { } credentials)
            return credentials;
        if (!_machine.IsAllowed)
            throw new StoreException(None);

        try
        {
            return await _ofMachine.GetAsync(cancel);
        }
        catch (StoreException e)
        {
            throw new StoreException($"{None} ({e.Message})", e);
        }
    }

    /// <summary>The service no longer takes those that end.</summary>
    public void Forget()
    {
        _ofIdentity.Forget();
        _ofMachine.Forget();
    }

    public void Dispose()
    {
        _ofIdentity.Dispose();
        _ofMachine.Dispose();
        _http.Dispose();
    }

    private AwsCredentials? FromFile()
    {
        var named = _variable("AWS_SHARED_CREDENTIALS_FILE");
        var path = named ?? (_variable("HOME") is { } home ? Path.Combine(home, ".aws", "credentials") : null);
        if (path is null || named is null && !File.Exists(path))
            return null;

        var profile = _variable("AWS_PROFILE") ?? "default";
        return AwsCredentials.FromText(SecretText.FromFile(path, $"the credentials for {_what}"), profile)
            ?? (named is null ? null : throw new StoreException($"'{path}' has no whole credentials of the profile '{profile}'; {None}"));
    }
}
