using Google.Protobuf;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;
using Nacre.Rpc;
using Nacre.Rpc.Messages.Plugin;

namespace Nacre.KeyBroker.Plugins.External;

/// <summary>
/// Plugins in processes of their own (trust.md 2.7). Who may ask is the plugin's decision; it is asked without the body before anybody is
/// authenticated, and once more with it afterwards. Both answers must agree (docs/adr/0021).
/// </summary>
public sealed class ExternalPlugin : IPlugin
{
    private const string PluginName = "external";
    private const int MostContentTypeCharacters = 128;

    private static readonly string[] s_methods = ["GET", "POST", "PUT", "DELETE"];

    private readonly IReadOnlyList<ExternalBackend> _backends;
    private readonly PluginServices _services;

    private ExternalPlugin(IReadOnlyList<ExternalBackend> backends, PluginServices services)
    {
        (_backends, _services) = (backends, services);
        Routes = [.. backends.SelectMany(backend => s_methods.Select(method => RouteOf(backend, method)))];
    }

    public string Name => PluginName;

    public IReadOnlyList<Route> Routes { get; }

    /// <exception cref="MalformedDataException">A key is not known, or a backend does not answer.</exception>
    public static async ValueTask<IPlugin> OpenAsync(PluginSettings settings, PluginServices services, CancellationToken cancel)
    {
        var plugin = new ExternalPlugin([.. BackendSettings.Parse(settings).Select(one => new ExternalBackend(one, services))], services);
        try
        {
            await Task.WhenAll(plugin._backends.Select(backend => backend.ConnectAsync(cancel)));
            return plugin;
        }
        catch (Exception e)
        {
            await plugin.DisposeAsync();
            if (e is RpcException)
                throw settings.Fields.Malformed("backends", e.Message);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var backend in _backends)
            backend.Dispose();
        return ValueTask.CompletedTask;
    }

    private Route RouteOf(ExternalBackend backend, string method) => new(
        method, $"kbs/v0/{PluginName}/{backend.Name}/{{**path}}", Access.Decided,
        (call, cancel) => ServeAsync(backend, RequestOf(method, call), call, cancel))
    {
        Decide = async (call, cancel) =>
            await backend.RequiresAdminAsync(RequestOf(method, call), cancel) ? Access.WriteSecret : Access.Guest,
    };

    private async ValueTask<KbsReply> ServeAsync(ExternalBackend backend, ExternalRequest request, KbsCall call, CancellationToken cancel)
    {
        if (call.Admin is not null)
        {
            await RequireAgreementAsync(backend, request, isAdmin: true, cancel);
            return Plain(await backend.HandleAsync(request, cancel));
        }

        var claims = await _services.Gate.RequireAsync(
            call, new ReleaseRequest(PluginName, [backend.Name, .. request.Path], call.Query), cancel);
        await RequireAgreementAsync(backend, request, isAdmin: false, cancel);

        // Asked first, so that nothing has been done when this fails.
        var isEncrypted = await backend.NeedsEncryptionAsync(request, cancel);
        var response = await backend.HandleAsync(request, cancel);
        return isEncrypted ? _services.Gate.Encrypt(claims, response.Body.Span) : Plain(response);
    }

    private static async ValueTask RequireAgreementAsync(
        ExternalBackend backend, ExternalRequest request, bool isAdmin, CancellationToken cancel)
    {
        if (!request.Body.IsEmpty && await backend.RequiresAdminAsync(request, cancel) != isAdmin)
        {
            throw new KbsProblemException(
                403, ErrorTypes.PluginInternalError,
                $"the plugin '{backend.Name}' wants {(isAdmin ? "a guest" : "an administrator")} for this body, and not for the path");
        }
    }

    private static ExternalRequest RequestOf(string method, KbsCall call) =>
        new(method, call["path"].Split('/'), call.Query, ByteString.CopyFrom(call.Body.Span));

    private static KbsReply Plain(PluginResponse response) => new()
    {
        ContentType = IsContentType(response.ContentType) ? response.ContentType : "application/octet-stream",
        Body = response.Body.ToByteArray(),
    };

    private static bool IsContentType(string text) => text.Length is > 0 and <= MostContentTypeCharacters
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '+' or '.' or ';' or '=' or ' ' or '_');
}
