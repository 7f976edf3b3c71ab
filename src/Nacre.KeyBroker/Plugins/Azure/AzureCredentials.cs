using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins.Azure;

/// <summary>
/// Access tokens of Microsoft Entra ID, by the variables that Azure's own programs read: a client secret, the token of a workload
/// (federation), else the managed identity of the machine.
/// </summary>
internal sealed class AzureCredentials : IDisposable
{
    private const string Backend = AzureBackend.Name;
    private const string Authority = "https://login.microsoftonline.com";
    private const string Machine = "http://169.254.169.254";

    private readonly BackendSettings _settings;
    private readonly BackendHttp _http;
    private readonly string _resource;

    public AzureCredentials(BackendSettings settings, BackendHttp http, Uri vault)
    {
        (_settings, _http) = (settings, http);

        // Each of Azure's clouds has its own: NAME.vault.azure.net, NAME.vault.azure.cn.
        var dot = vault.Host.IndexOf(".vault.", StringComparison.Ordinal);
        _resource = dot < 0 ? "https://vault.azure.net" : $"https://{vault.Host[(dot + 1)..]}";
        Tokens = new AccessTokens<string>(FetchAsync, settings.Clock);
    }

    public AccessTokens<string> Tokens { get; }

    public void Dispose() => Tokens.Dispose();

    private async ValueTask<AccessToken<string>> FetchAsync(CancellationToken cancel)
    {
        var (tenant, client) = (_settings.Variable("AZURE_TENANT_ID"), _settings.Variable("AZURE_CLIENT_ID"));
        if (tenant is not null && client is not null && _settings.Variable("AZURE_CLIENT_SECRET") is { } secret)
            return await LogInAsync(tenant, client, new() { ["client_secret"] = secret }, cancel);
        if (tenant is not null && client is not null && _settings.Variable("AZURE_FEDERATED_TOKEN_FILE") is { } file)
        {
            return await LogInAsync(
                tenant, client,
                new()
                {
                    ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    ["client_assertion"] = await BackendSettings.ReadCredentialAsync(Backend, file, cancel),
                },
                cancel);
        }

        var host = (_settings.Variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") ?? Machine).TrimEnd('/');
        var query = $"api-version=2018-02-01&resource={Uri.EscapeDataString(_resource)}"
            + (client is null ? "" : $"&client_id={Uri.EscapeDataString(client)}");
        return Uri.TryCreate($"{host}/metadata/identity/oauth2/token?{query}", UriKind.Absolute, out var service)
            ? await OAuth.AskMachineAsync(_http, service, "Metadata", "true", _settings.Clock, cancel)
            : throw new BackendException($"{Backend}: AZURE_POD_IDENTITY_AUTHORITY_HOST is no address");
    }

    private ValueTask<AccessToken<string>> LogInAsync(
        string tenant, string client, Dictionary<string, string> form, CancellationToken cancel)
    {
        if (!tenant.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.'))
            throw new BackendException($"{Backend}: AZURE_TENANT_ID is no tenant");
        var authority = BackendHttp.FindAddress(_settings.Variable("AZURE_AUTHORITY_HOST") ?? Authority)
            ?? throw new BackendException($"{Backend}: AZURE_AUTHORITY_HOST is no https address");
        form["grant_type"] = "client_credentials";
        form["client_id"] = client;
        form["scope"] = _resource + "/.default";
        return OAuth.PostAsync(_http, new Uri(authority, $"{tenant}/oauth2/v2.0/token"), form, _settings.Clock, cancel);
    }
}
