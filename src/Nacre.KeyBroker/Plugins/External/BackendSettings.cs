using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;

namespace Nacre.KeyBroker.Plugins.External;

/// <summary>Where one backend is (trust.md 2.7).</summary>
/// <param name="Name">First segment of its paths.</param>
/// <param name="Endpoint">With <c>https</c>, or <c>http</c> of this machine.</param>
/// <param name="Authorities">Of the server's certificate; null without TLS.</param>
/// <param name="Timeout">For one call.</param>
internal sealed record BackendSettings(string Name, Uri Endpoint, X509Certificate2Collection? Authorities, TimeSpan Timeout)
{
    private const int MostBackends = 32;
    private const int LongestTimeout = 300_000; // Milliseconds.

    /// <exception cref="MalformedDataException">There is none, a name is there twice, or a member is not as it must be.</exception>
    public static IReadOnlyList<BackendSettings> Parse(PluginSettings settings)
    {
        settings.Fields.Only("name", "backends");
        var all = new List<BackendSettings>();
        foreach (var item in settings.Fields.Array("backends", MostBackends))
        {
            var fields = new JsonFields($"plugins.external.backends[{all.Count}]", item);
            var one = Parse(settings with { Fields = fields });
            if (all.Exists(other => other.Name == one.Name))
                throw fields.Malformed("name", $"'{one.Name}' is there twice");
            all.Add(one);
        }

        return all.Count > 0 ? all : throw settings.Fields.Malformed("backends", "must have at least one");

        static BackendSettings Parse(PluginSettings settings)
        {
            var fields = settings.Fields;
            fields.Only("name", "endpoint", "ca_cert_path", "timeout_ms");
            var endpoint = ReadEndpoint(fields);
            return new BackendSettings(
                ReadName(fields), endpoint, ReadAuthorities(settings, endpoint),
                TimeSpan.FromMilliseconds(settings.Number("timeout_ms", otherwise: 30_000, least: 1, most: LongestTimeout)));
        }
    }

    public GrpcClient CreateClient() => Authorities is null
        ? new GrpcClient(new RpcAddress.Tcp(Endpoint.Host, Endpoint.Port)) : new GrpcClient(Endpoint, Authorities);

    private static string ReadName(JsonFields fields)
    {
        var name = fields.Text("name", 64);
        return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? name : throw fields.Malformed("name", "must be letters, digits, '-' and '_'");
    }

    // What a plugin answers may be a secret; upstream only warns of plain HTTP.
    private static Uri ReadEndpoint(JsonFields fields)
    {
        if (!Uri.TryCreate(fields.Text("endpoint", 2048), UriKind.Absolute, out var endpoint) || endpoint.PathAndQuery != "/")
            throw fields.Malformed("endpoint", "must be https://HOST:PORT");
        return endpoint.Scheme == "https" || endpoint.Scheme == "http" && endpoint.IsLoopback
            ? endpoint : throw fields.Malformed("endpoint", "must be https, or http of this machine");
    }

    private static X509Certificate2Collection? ReadAuthorities(PluginSettings settings, Uri endpoint)
    {
        var fields = settings.Fields;
        var path = fields.FindText("ca_cert_path");
        if ((path is null) != (endpoint.Scheme == "http"))
            throw fields.Malformed("ca_cert_path", "must be given for https, and not for http");
        if (path is null)
            return null;

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(settings.ReadFile("ca_cert_path", path));
        }
        catch (CryptographicException e)
        {
            throw fields.Malformed("ca_cert_path", $"'{path}' holds a certificate that cannot be read: {e.Message}");
        }

        return authorities.Count > 0 ? authorities : throw fields.Malformed("ca_cert_path", $"'{path}' holds no certificate in PEM");
    }
}
