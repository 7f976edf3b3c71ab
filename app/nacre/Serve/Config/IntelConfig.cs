using System.Text;
using Nacre.Formats;

namespace Nacre.Cli.Serve.Config;

/// <summary>Intel Trust Authority in upstream's configuration (trust.md 2.11).</summary>
internal static class IntelConfig
{
    public static void Read(ConfigTable service, ServeSettings settings)
    {
        foreach (var key in (string[])["base_url", "api_key", "certs_file"])
        {
            if (service.Text(key) is null)
                service.Problem(key, "is missing; Intel Trust Authority needs base_url, api_key and certs_file");
        }

        if (service.Text("base_url") is { } url)
            settings.Set("--ita-url", url);
        if (service.Text("api_key") is { } apiKey)
            settings.ApiKey = SecretBytes.Own(Encoding.UTF8.GetBytes(apiKey));
        if (service.Text("certs_file") is { } certs && ConfigPath.ToKeySet(service, "certs_file", certs) is { } path)
            settings.Set("--trusted-jwks", path);
        foreach (var policy in service.Texts("policy_ids"))
            settings.Set("--ita-policy", policy);
        if (service.Flag("allow_unmatched_policy") == true)
            settings.Set("--ita-allow-unmatched", "true");
        service.Note("type", "evidence is verified by Intel Trust Authority");
    }
}
