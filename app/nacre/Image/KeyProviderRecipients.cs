using Nacre.Images.Encryption;

namespace Nacre.Cli.Image;

/// <summary>Recipients from <c>--provider NAME:PARAMETERS</c> and the file that OCICRYPT_KEYPROVIDER_CONFIG names, as ocicrypt does it.</summary>
internal static class KeyProviderRecipients
{
    public const string Variable = "OCICRYPT_KEYPROVIDER_CONFIG";

    public static async Task<IReadOnlyList<ILayerRecipient>> CreateAsync(string[] providers, CancellationToken cancel)
    {
        if (providers.Length == 0)
            return [];

        var path = Environment.GetEnvironmentVariable(Variable)
            ?? throw new FormatException($"--provider needs {Variable} to name a file with the providers' addresses");
        var config = KeyProviderConfig.Parse(await File.ReadAllBytesAsync(path, cancel), path);
        return [.. providers.Select(text =>
        {
            var colon = text.IndexOf(':');
            var (name, parameters) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
            return new KeyProviderRecipient(name, parameters, config.Get(name));
        })];
    }
}
