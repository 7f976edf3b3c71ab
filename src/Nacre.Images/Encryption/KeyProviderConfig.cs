using Nacre.Images.Oci;
using Nacre.Rpc;

namespace Nacre.Images.Encryption;

/// <summary>How a key provider is reached.</summary>
public abstract record KeyProviderEndpoint
{
    /// <summary>A program that reads the request and writes the answer.</summary>
    public sealed record Command(string Path, IReadOnlyList<string> Arguments) : KeyProviderEndpoint
    {
        public override string ToString() => Path;
    }

    public sealed record Grpc(RpcAddress Address) : KeyProviderEndpoint
    {
        public override string ToString() => Address.ToString()!;
    }

    public sealed record Ttrpc(RpcAddress.UnixSocket Address) : KeyProviderEndpoint
    {
        public override string ToString() => Address.ToString();
    }

    private KeyProviderEndpoint()
    {
    }
}

/// <summary>
/// The file of OCICRYPT_KEYPROVIDER_CONFIG: names of key providers and where they are (guest.md 5.3). With several ways to one provider the
/// command comes first, then gRPC, then ttrpc.
/// </summary>
public sealed class KeyProviderConfig
{
    private const int MostArguments = 256;
    private readonly Dictionary<string, KeyProviderEndpoint> _providers = [];

    public static KeyProviderConfig Parse(ReadOnlySpan<byte> json, string where)
    {
        var config = new KeyProviderConfig();
        var providers = OciJson.Object(OciJson.Parse(json, where), "key-providers", where);
        foreach (var (name, _) in providers)
        {
            var provider = OciJson.Object(providers, name, where);
            if (OciJson.FindObject(provider, "cmd", where) is { } command)
                config._providers[name] = new KeyProviderEndpoint.Command(OciJson.Text(command, "path", where), OciJson.Texts(command, "args", MostArguments, where));
            else if (OciJson.FindText(provider, "grpc", where) is { } grpc)
                config._providers[name] = new KeyProviderEndpoint.Grpc(Address(grpc, where));
            else if (OciJson.FindText(provider, "ttrpc", where) is { } ttrpc)
                config._providers[name] = new KeyProviderEndpoint.Ttrpc(Socket(ttrpc, where));
        }

        return config;
    }

    public KeyProviderEndpoint Get(string name) => _providers.TryGetValue(name, out var endpoint) ? endpoint : throw new ImageException(
        ImageFault.KeyUnavailable, $"there is no key provider '{name}' with a command, gRPC or ttrpc", "key provider configuration",
        $"known are: {string.Join(", ", _providers.Keys)}");

    private static RpcAddress.UnixSocket Socket(string text, string where) =>
        Address(text, where) as RpcAddress.UnixSocket ?? throw OciJson.Malformed($"ttrpc is spoken over unix:///PATH, not '{text}'", where);

    private static RpcAddress Address(string text, string where)
    {
        try
        {
            return RpcAddress.Parse(text);
        }
        catch (FormatException e)
        {
            throw OciJson.Malformed(e.Message, where);
        }
    }
}
