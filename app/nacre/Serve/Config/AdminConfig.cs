using System.Text;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Remote;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Admin;

namespace Nacre.Cli.Serve.Config;

/// <summary>Who administers, in upstream's configuration (trust.md 2.10).</summary>
internal static class AdminConfig
{
    public static void Read(ConfigTable admin, ServeSettings settings)
    {
        switch (admin.Choice("authorization_mode", "InsecureAllowAll", "DenyAll", "AuthenticatedAuthorization"))
        {
            case "InsecureAllowAll" when settings.Development:
                settings.Change(options => options with { AdminMode = AdminMode.AllowAll });
                admin.Note("authorization_mode", "anyone administers: never for real secrets");
                break;
            case "InsecureAllowAll":
                admin.Problem(
                    "authorization_mode",
                    "lets anyone read no secret but replace all of them; use AuthenticatedAuthorization, or --development");
                break;
            case "DenyAll":
                settings.Change(options => options with { AdminMode = AdminMode.DenyAll });
                admin.Note("authorization_mode", "nobody administers, not even with DATA/admin-token");
                break;
            case "AuthenticatedAuthorization":
                ReadAuthenticated(admin, settings);
                break;
            case null when !admin.Has("authorization_mode"):
                admin.Problem(
                    "authorization_mode",
                    "is missing; upstream takes InsecureAllowAll then, nacre nothing. Use AuthenticatedAuthorization or DenyAll");
                break;
        }

        admin.Close();
    }

    private static void ReadAuthenticated(ConfigTable admin, ServeSettings settings)
    {
        var (authentication, authorization) = (admin.Table("authentication"), admin.Table("authorization"));
        var (bearer, regex) = (authentication?.Table("bearer_jwt"), authorization?.Table("regex_acl"));
        var providers = bearer?.Tables("identity_providers") ?? [];
        var rules = regex?.Tables("acls") ?? [];
        if (providers.Count == 0)
            admin.Problem("authentication", "needs bearer_jwt.identity_providers with one provider or more");
        if (rules.Count == 0)
            admin.Problem("authorization", "needs regex_acl.acls with one rule or more");

        var acls = rules.Select(ReadAcl).OfType<AdminAcl>().ToList();
        foreach (var provider in providers)
            ReadProvider(provider, acls, settings);
        admin.Note(
            "authorization_mode", $"{providers.Count} identity providers, {rules.Count} rules; besides them DATA/admin-token administers");
        foreach (var table in (ConfigTable?[])[bearer, authentication, regex, authorization])
            table?.Close();
    }

    private static AdminAcl? ReadAcl(ConfigTable rule)
    {
        var (role, endpoints) = (rule.Text("role"), rule.Text("allowed_endpoints"));
        rule.Close();
        if (role is null || endpoints is null)
        {
            rule.Problem(role is null ? "role" : "allowed_endpoints", "is missing");
            return null;
        }

        try
        {
            return AdminAcl.Parse(role, endpoints);
        }
        catch (FormatException e)
        {
            rule.Problem("allowed_endpoints", e.Message);
            return null;
        }
    }

    private static void ReadProvider(ConfigTable provider, IReadOnlyList<AdminAcl> acls, ServeSettings settings)
    {
        var keys = new List<JwtVerificationKey>();
        if (provider.Text("public_key_uri") is { } pem)
        {
            ReadKeys(
                "public_key_uri", ConfigPath.ToFile(provider, "public_key_uri", pem),
                bytes => keys.Add(JwtVerificationKey.FromPem(Encoding.UTF8.GetString(bytes))));
        }

        var set = provider.Text("jwk_set_uri") is { } text ? ConfigPath.ToKeySet(provider, "jwk_set_uri", text) : null;
        var isPublished = set is not null && KeySetSource.IsAddress(set);
        if (!isPublished)
            ReadKeys("jwk_set_uri", set, bytes => keys.AddRange(JwtVerificationKey.ParseSet(bytes)));
        var (issuer, audience) = (provider.Text("issuer"), provider.Text("audience"));
        if (!provider.Has("public_key_uri") && !provider.Has("jwk_set_uri"))
            provider.Problem("public_key_uri", "is missing; a provider needs public_key_uri or jwk_set_uri");
        provider.Close();
        if (keys.Count > 0)
            Add(_ => new AdminIssuer(keys) { Issuer = issuer, Audience = audience, Acls = acls });
        if (isPublished)
        {
            var options = new OidcIssuerOptions { Issuer = issuer, Audience = audience, KeySet = set, Acls = acls };
            Add(logs => new OidcIssuer(options, logs.CreateLogger<OidcIssuer>()));
        }

        void Add(Func<ILoggerFactory, IAdminTokenSource> create) =>
            settings.Change(options => options with { AdminIssuers = [.. options.AdminIssuers, create(options.Logs)] });

        void ReadKeys(string key, string? path, Action<byte[]> read)
        {
            if (path is null)
                return;

            try
            {
                read(File.ReadAllBytes(path));
            }
            catch (Exception e) when (e is MalformedDataException or IOException or UnauthorizedAccessException)
            {
                provider.Problem(key, $"'{path}' cannot be read: {e.Message}");
            }
        }
    }
}
