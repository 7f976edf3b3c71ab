using Nacre.Images.Oci;
using Nacre.Rpc;

namespace Nacre.Images.Encryption;

/// <summary>The file of OCICRYPT_KEYPROVIDER_CONFIG: names of key providers and where they are (guest.md 5.3).</summary>
public sealed class KeyProviderConfig
{
    private readonly Dictionary<string, RpcAddress> _providers = [];

    public static KeyProviderConfig Parse(ReadOnlySpan<byte> json, string where)
    {
        var config = new KeyProviderConfig();
        var providers = OciJson.Object(OciJson.Parse(json, where), "key-providers", where);
        foreach (var (name, _) in providers)
        {
            var provider = OciJson.Object(providers, name, where);
            if (OciJson.FindText(provider, "grpc", where) is not { } address)
                continue;

            try
            {
                config._providers[name] = RpcAddress.Parse(address);
            }
            catch (FormatException e)
            {
                throw OciJson.Malformed(e.Message, where);
            }
        }

        return config;
    }

    public RpcAddress Get(string name) => _providers.TryGetValue(name, out var address) ? address : throw new ImageException(
        ImageFault.KeyUnavailable, $"there is no gRPC key provider '{name}'", "key provider configuration",
        $"known are: {string.Join(", ", _providers.Keys)}");
}
