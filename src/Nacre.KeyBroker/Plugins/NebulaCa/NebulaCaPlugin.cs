using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;

namespace Nacre.KeyBroker.Plugins.NebulaCa;

/// <summary>
/// Credentials for a Nebula overlay network (trust.md 2.5). The guest asks for a name and an address; whether it may have them is for the
/// resource policy to say, which sees them in <c>data.query</c>.
/// </summary>
public sealed class NebulaCaPlugin : IPlugin
{
    private const string PluginName = "nebula-ca";
    private const int MostCharacters = 1024;

    private readonly NebulaCert _program;
    private readonly NebulaAuthority _authority;
    private readonly PluginServices _services;

    private NebulaCaPlugin(NebulaCert program, NebulaAuthority authority, PluginServices services)
    {
        (_program, _authority, _services) = (program, authority, services);
        Routes = [new("GET", $"kbs/v0/{PluginName}/credential", Access.Guest, SignAsync)];
    }

    public string Name => PluginName;

    public IReadOnlyList<Route> Routes { get; }

    /// <exception cref="MalformedDataException">A key is not known, the program is missing, or there is no authority.</exception>
    public static async ValueTask<IPlugin> OpenAsync(PluginSettings settings, PluginServices services, CancellationToken cancel)
    {
        var fields = settings.Fields;
        fields.Only("name", "work_dir", "nebula_cert_bin_path", "ca_config");
        var program = new NebulaCert(fields.FindText("nebula_cert_bin_path") ?? "nebula-cert");
        var authority = new NebulaAuthority(program, fields.FindText("work_dir") ?? "/opt/confidential-containers/kbs/nebula-ca");
        try
        {
            await program.RequireVersionAsync(cancel);
            await authority.OpenAsync(fields.FindObject("ca_config"), cancel);
            return new NebulaCaPlugin(program, authority, services);
        }
        catch (Exception e)
        {
            program.Dispose();
            if (e is NebulaCertException)
                throw fields.Malformed("nebula_cert_bin_path", e.Message);
            if (e is IOException or UnauthorizedAccessException)
                throw fields.Malformed("work_dir", e.Message);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _program.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<KbsReply> SignAsync(KbsCall call, CancellationToken cancel)
    {
        var claims = await _services.Gate.RequireAsync(call, new ReleaseRequest(PluginName, ["credential"], call.Query), cancel);
        try
        {
            return Encrypt(claims, await _authority.SignAsync(ReadArguments(call.Query), cancel));
        }
        catch (NebulaCertException e) when (e.IsRefusal)
        {
            throw KbsProblemException.Malformed($"nebula-cert refuses: {e.Message}", e);
        }
        catch (NebulaCertException e)
        {
            throw new KbsProblemException(502, ErrorTypes.PluginInternalError, $"the plugin failed: {e.Message}", null, e);
        }
    }

    private static List<string> ReadArguments(IReadOnlyDictionary<string, string> query)
    {
        if (!query.ContainsKey("name") || !query.ContainsKey("ip"))
            throw KbsProblemException.Malformed("the query must have name and ip");

        var arguments = new List<string>();
        foreach (var (name, value) in query)
        {
            if (name is not ("name" or "ip" or "duration" or "groups" or "subnets"))
                throw KbsProblemException.Malformed("the query may have name, ip, duration, groups and subnets");
            if (value.Length is 0 or > MostCharacters || value.Any(char.IsControl))
                throw KbsProblemException.Malformed($"{name} must be 1 to {MostCharacters} characters");
            arguments.AddRange(["-" + name, value]);
        }

        return arguments;
    }

    private KbsReply Encrypt(JsonObject claims, NebulaCredential credential)
    {
        var plain = JsonText.Utf8(new JsonObject
        {
            ["node_crt"] = Numbers(credential.Certificate),
            ["node_key"] = Numbers(credential.Key),
            ["ca_crt"] = Numbers(credential.Authority),
        });
        try
        {
            return _services.Gate.Encrypt(claims, plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
            CryptographicOperations.ZeroMemory(credential.Key);
        }
    }

    private static JsonArray Numbers(byte[] bytes) => new([.. bytes.Select(one => (JsonNode)one)]);
}
