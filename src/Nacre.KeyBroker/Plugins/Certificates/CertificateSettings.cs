using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>What the authority is, and what it issues.</summary>
/// <param name="Limits">What may be named.</param>
/// <param name="Profiles">Kinds of certificates.</param>
/// <param name="RevocationList">Where relying parties find it; null leaves it out of certificates.</param>
internal sealed record CertificateSettings(NameLimits Limits, IReadOnlyList<CertificateProfile> Profiles, Uri? RevocationList)
{
    private const int MostProfiles = 64;

    /// <exception cref="MalformedDataException">A member is not known or not as it must be.</exception>
    public static CertificateSettings Parse(PluginSettings settings)
    {
        var fields = settings.Fields;
        fields.Only("name", "trust_domain", "permitted_dns", "authority", "ca_cert", "ca_key", "crl_url", "profiles");
        return new CertificateSettings(
            new NameLimits(RequireHost(fields, "trust_domain", fields.Text("trust_domain")), ReadPermittedDns(fields)),
            ReadProfiles(fields),
            fields.FindText("crl_url", 2048) is { } url ? ReadUrl(fields, url) : null);
    }

    /// <exception cref="MalformedDataException">There is none as the settings say.</exception>
    public async ValueTask<IssuingAuthority> OpenAuthorityAsync(PluginSettings settings, PluginServices services, CancellationToken cancel)
    {
        var fields = settings.Fields;
        var (certificate, key) = (fields.FindText("ca_cert"), fields.FindText("ca_key"));
        if ((certificate is null) != (key is null))
            throw fields.Malformed("ca_cert", "and ca_key must be given together");
        if (certificate is null)
        {
            return await IssuingAuthority.OpenAsync(
                services.Store, fields.FindText("authority", 64) ?? "default", Limits, services.Clock.GetUtcNow(), cancel);
        }

        try
        {
            return IssuingAuthority.FromPem(settings.ReadFile("ca_cert", certificate), settings.ReadFile("ca_key", key!));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw fields.Malformed("ca_cert", $"and ca_key are no authority with its key: {e.Message}");
        }
    }

    private static List<string> ReadPermittedDns(JsonFields fields)
    {
        const string member = "permitted_dns";
        var names = new List<string>();
        if (fields.Find(member) is null)
            return names;

        foreach (var item in fields.Array(member))
        {
            if (item.ValueKind != JsonValueKind.String)
                throw fields.Malformed(member, "must be an array of strings");
            names.Add(RequireHost(fields, member, item.GetString()!));
        }

        return names;
    }

    private static List<CertificateProfile> ReadProfiles(JsonFields fields)
    {
        var profiles = new List<CertificateProfile>();
        foreach (var item in fields.Array("profiles", MostProfiles))
        {
            var profile = CertificateProfile.Parse(new JsonFields($"plugins.certificates.profiles[{profiles.Count}]", item));
            if (profiles.Exists(other => other.Name == profile.Name))
                throw fields.Malformed("profiles", $"'{profile.Name}' is there twice");
            profiles.Add(profile);
        }

        return profiles.Count > 0 ? profiles : throw fields.Malformed("profiles", "must have at least one");
    }

    private static string RequireHost(JsonFields fields, string member, string name) => NameLimits.IsHost(name)
        ? name : throw fields.Malformed(member, $"'{name}' is no host name in lower case");

    private static Uri ReadUrl(JsonFields fields, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https")
            ? url : throw fields.Malformed("crl_url", "must be an address with http or https");
}
