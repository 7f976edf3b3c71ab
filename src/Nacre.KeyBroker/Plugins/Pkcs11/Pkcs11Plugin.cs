using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;
using Nacre.Linux.Pkcs11;

namespace Nacre.KeyBroker.Plugins.Pkcs11;

/// <summary>
/// Secrets and a wrapping key in a hardware security module (trust.md 2.6). Beyond upstream: <c>token_label</c> in place of
/// <c>slot_index</c>, <c>pin_file</c> and <c>pin_env</c>; secrets stay on the token over a restart.
/// </summary>
public sealed class Pkcs11Plugin : IPlugin
{
    private const string PluginName = "pkcs11";
    private const int MostLabelCharacters = 255;

    private readonly Pkcs11Token _token;
    private readonly Pkcs11Secrets _secrets;
    private readonly WrappingKey? _wrapping;
    private readonly PluginServices _services;

    private Pkcs11Plugin(Pkcs11Token token, WrappingKey? wrapping, PluginServices services)
    {
        (_token, _wrapping, _services) = (token, wrapping, services);
        _secrets = new Pkcs11Secrets(token, services.Clock);
        Routes =
        [
            new("GET", $"kbs/v0/{PluginName}/resource/{{**path}}", Access.Guest, GetAsync),
            new("POST", $"kbs/v0/{PluginName}/resource/{{**path}}", Access.WriteSecret, PutAsync),
            new("DELETE", $"kbs/v0/{PluginName}/resource/{{**path}}", Access.WriteSecret, DeleteAsync),
            new("GET", $"kbs/v0/{PluginName}/wrap-key", Access.Guest, UnwrapAsync),
            new("POST", $"kbs/v0/{PluginName}/wrap-key", Access.WriteSecret, WrapAsync),
        ];
    }

    public string Name => PluginName;

    public IReadOnlyList<Route> Routes { get; }

    /// <exception cref="MalformedDataException">A key is not known, or the token cannot be used as they say.</exception>
    public static async ValueTask<IPlugin> OpenAsync(PluginSettings settings, PluginServices services, CancellationToken cancel)
    {
        var fields = settings.Fields;
        fields.Only("name", "module", "slot_index", "token_label", "pin", "pin_file", "pin_env", "rsa_mechanism", "lookup_label");
        var mechanism = fields.FindText("rsa_mechanism") switch
        {
            null or "RsaPkcsOaep" => Pkcs11Mechanism.RsaOaepSha256,
            "RsaPkcsTest" => Pkcs11Mechanism.RsaOaepSha1,
            var other => throw fields.Malformed("rsa_mechanism", $"'{other}' is not RsaPkcsOaep or RsaPkcsTest"),
        };
        var tokenLabel = fields.FindText("token_label", MostLabelCharacters);
        if (tokenLabel is not null && fields.Find("slot_index") is not null)
            throw fields.Malformed("token_label", "stands in place of slot_index; give one of them");

        using var pin = settings.Secret("pin");
        Pkcs11Token? token = null;
        try
        {
            var module = Pkcs11Module.Load(fields.Text("module"));
            var slot = tokenLabel is null
                ? module.SlotAt(settings.Number("slot_index", otherwise: 0, least: 0, most: 255)) : module.SlotOf(tokenLabel);
            token = Pkcs11Token.Open(module, slot, pin.Reveal());
            var wrapping = fields.FindText("lookup_label", MostLabelCharacters) is { Length: > 0 } label
                ? new WrappingKey(token, mechanism, label) : null;
            if (wrapping is not null)
                await wrapping.RequireUsableAsync(cancel);
            return new Pkcs11Plugin(token, wrapping, services);
        }
        catch (Exception e)
        {
            token?.Dispose();
            if (e is Pkcs11Exception)
                throw fields.Malformed("module", e.Message);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _secrets.Dispose();
        _token.Dispose();
        return ValueTask.CompletedTask;
    }

    private ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel) => AskAsync(async () =>
    {
        var uri = Parse(call);
        var claims = await _services.Gate.RequireAsync(
            call, new ReleaseRequest(PluginName, ["resource", .. uri.Path.Split('/')], call.Query), cancel);
        var secret = await _secrets.FindAsync(uri.Path, cancel) ?? throw NotFound(uri);
        return Encrypt(claims, secret);
    });

    private ValueTask<KbsReply> PutAsync(KbsCall call, CancellationToken cancel) => AskAsync(async () =>
    {
        if (call.Body.IsEmpty)
            throw KbsProblemException.Malformed("a token keeps no empty secret");

        await _secrets.SetAsync(Parse(call).Path, call.Body, cancel);
        return KbsReply.Empty;
    });

    private ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel) => AskAsync(async () =>
    {
        var uri = Parse(call);
        return await _secrets.DeleteAsync(uri.Path, cancel) ? KbsReply.Empty : throw NotFound(uri);
    });

    private ValueTask<KbsReply> WrapAsync(KbsCall call, CancellationToken cancel) => AskAsync(async () => new KbsReply
    {
        ContentType = "application/octet-stream",
        Body = await RequireWrapping().EncryptAsync(call.Body, cancel),
    });

    private ValueTask<KbsReply> UnwrapAsync(KbsCall call, CancellationToken cancel) => AskAsync(async () =>
    {
        var claims = await _services.Gate.RequireAsync(call, new ReleaseRequest(PluginName, ["wrap-key"], call.Query), cancel);
        return Encrypt(claims, await RequireWrapping().DecryptAsync(call.Body, cancel));
    });

    // What the token says of itself is for the administrator's eyes too; it holds no secret.
    private static async ValueTask<KbsReply> AskAsync(Func<ValueTask<KbsReply>> work)
    {
        try
        {
            return await work();
        }
        catch (Pkcs11Exception e) when (e.Code is Pkcs11Code.DataLengthRange or Pkcs11Code.DataInvalid)
        {
            throw KbsProblemException.Malformed($"the security module does not take it: {e.Message}", e);
        }
        catch (Pkcs11Exception e)
        {
            throw new KbsProblemException(503, ErrorTypes.Unavailable, $"the security module is not available: {e.Message}", null, e);
        }
    }

    private KbsReply Encrypt(JsonObject claims, byte[] secret)
    {
        try
        {
            return _services.Gate.Encrypt(claims, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private WrappingKey RequireWrapping() =>
        _wrapping ?? throw KbsProblemException.NotFound("there is no wrapping key: the plugin's settings have no lookup_label");

    private static KbsProblemException NotFound(ResourceUri uri) =>
        KbsProblemException.NotFound($"there is no secret {uri.Path} on the token");

    private static ResourceUri Parse(KbsCall call) => ResourceUri.TryParsePath(call["path"], out var uri, out var problem)
        ? uri : throw KbsProblemException.InvalidPath($"{PluginName}/resource/{call["path"]}", problem);
}
