using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;
using Nacre.Storage;

namespace Nacre.KeyBroker.Plugins.Provisioner;

/// <summary>
/// Makes one disk key for each machine before it boots, and gives it to the guest whose init-data names it (trust.md 2.7b). Whoever
/// provisions never sees the key.
/// </summary>
public sealed class ProvisionerPlugin : IPlugin
{
    private const string PluginName = "provisioner";
    private const string Space = "provisioner";
    private const string BindingClaim = "trustee.kbs.resource";
    private const int MostNameCharacters = 253; // Of a Kubernetes name.

    private static readonly Guid s_space = new("feab5599-6854-52bc-95f0-0241c03e620a");

    private readonly PluginServices _services;
    private readonly int _keyLength;

    public ProvisionerPlugin(PluginSettings settings, PluginServices services)
    {
        settings.Fields.Only("name", "key_length");
        _keyLength = settings.Number("key_length", otherwise: 32, least: 16, most: 4096);
        _services = services;
        Routes =
        [
            new("POST", $"kbs/v0/{PluginName}/provision", Access.WriteSecret, ProvisionAsync),
            new("DELETE", $"kbs/v0/{PluginName}/provision/{{uuid}}", Access.WriteSecret, DeprovisionAsync),
            new("GET", $"kbs/v0/{PluginName}/default/{{uuid}}/root", Access.Guest, GetAsync),
        ];
    }

    public string Name => PluginName;

    public IReadOnlyList<Route> Routes { get; }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<KbsReply> ProvisionAsync(KbsCall call, CancellationToken cancel)
    {
        var uuid = NameBasedUuid.Create(s_space, ReadMachine(call.Body));

        // Callers that come together get one key: whoever writes first decides.
        var made = await _services.Store.GetOrCreateAsync(Space, PathOf(uuid), MakeKey, cancel);
        CryptographicOperations.ZeroMemory(made);
        return KbsReply.Of(new JsonObject { ["uuid"] = uuid.ToString(), ["resource_path"] = PathOf(uuid) });
    }

    private async ValueTask<KbsReply> DeprovisionAsync(KbsCall call, CancellationToken cancel)
    {
        await _services.Store.DeleteAsync(Space, PathOf(ReadUuid(call)), WriteCondition.None, cancel);
        return KbsReply.Of(new JsonObject { ["status"] = "deleted" });
    }

    private async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var path = PathOf(ReadUuid(call));
        var request = new ReleaseRequest(PluginName, path.Split('/'), call.Query);
        var claims = await _services.Gate.RequireAsync(call, request, cancel);
        if (FindProblem(claims, $"kbs+{PluginName}:///{path}") is { } problem)
            throw await _services.Gate.DenyAsync(claims, request, problem, cancel);

        var found = await _services.Store.FindAsync(Space, path, cancel)
            ?? throw KbsProblemException.NotFound($"there is no key for {PluginName}/{path}");
        try
        {
            return _services.Gate.Encrypt(claims, found.Value);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(found.Value);
        }
    }

    // A measured machine alone may be any of many; the init-data says which one it is.
    private static string? FindProblem(JsonObject claims, string uri)
    {
        if (InitDataClaims.Of(claims)?[BindingClaim] is not JsonValue value || !value.TryGetValue<string>(out var named))
            return $"the guest's init-data has no '{BindingClaim}'";
        return named == uri ? null : $"'{BindingClaim}' of the guest's init-data is not {uri}";
    }

    private static string ReadMachine(ReadOnlyMemory<byte> body)
    {
        using var document = StrictJson.Parse(body, "provision", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("provision", document.RootElement);
        fields.Only("vm_name", "namespace");
        return $"{ReadName(fields, "namespace", "default")}/{ReadName(fields, "vm_name", null)}";
    }

    // With a slash in a name, two machines could have one key.
    private static string ReadName(JsonFields fields, string member, string? otherwise)
    {
        var name = fields.FindText(member, MostNameCharacters) ?? otherwise ?? throw fields.Malformed(member, "is missing");
        return name.Length > 0 && !name.Contains('/', StringComparison.Ordinal)
            ? name : throw fields.Malformed(member, "must have a character, and no slash");
    }

    private static Guid ReadUuid(KbsCall call) => Guid.TryParseExact(call["uuid"], "D", out var uuid)
        ? uuid : throw KbsProblemException.InvalidPath($"{PluginName}/{call["uuid"]}", "it must name a UUID");

    private static string PathOf(Guid uuid) => $"default/{uuid}/root";

    /// <summary>Confidential data as TOML, with the key as systemd-cryptsetup asks for it.</summary>
    private byte[] MakeKey()
    {
        var key = RandomNumberGenerator.GetItems("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"u8, _keyLength);
        byte[] text = [.. "version = \"0.1.0\"\n\n[data]\n\"io.cryptsetup.key.text.root\" = \""u8, .. key, .. "\"\n"u8];
        CryptographicOperations.ZeroMemory(key);
        return text;
    }
}
