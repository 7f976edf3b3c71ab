using System.CommandLine;
using System.Net;

namespace Nacre.Cli.Serve.Config;

/// <summary>Upstream's <c>kbs-config.toml</c> (trust.md 2.11), key by key.</summary>
internal static class KbsConfig
{
    private const int BodyMegabytes = 2;

    /// <exception cref="CommandException">The file cannot be read. What is wrong in it is kept in the settings.</exception>
    public static ServeSettings Read(FileInfo path, ParseResult line, bool development)
    {
        var file = ConfigFile.Read(path);
        var settings = new ServeSettings(file, development);
        var root = file.Root;
        if (Require(root, "http_server") is { } http)
            ReadHttp(http, settings, line);
        if (root.Table("attestation_token") is { } token)
            ReadTokenTrust(token, settings);
        if (root.Table("attestation_service") is { } service)
            ReadService(service, settings);
        if (Require(root, "admin") is { } admin)
            AdminConfig.Read(admin, settings);
        if (root.Table("storage_backend") is { } storage)
            StorageConfig.Read(storage, settings);
        if (root.Choice("session_storage_type", StorageConfig.Types) is not null)
            root.Note("session_storage_type", "not needed: sessions ride in a sealed cookie");
        PluginConfig.Read(root.Tables("plugins"), settings);
        root.Close();
        return settings;
    }

    private static ConfigTable? Require(ConfigTable root, string key)
    {
        if (!root.Has(key))
            root.Problem(key, "is missing; upstream requires this table too");
        return root.Table(key);
    }

    private static void ReadHttp(ConfigTable http, ServeSettings settings, ParseResult line)
    {
        var plain = http.Flag("insecure_http") == true;
        if (plain && !settings.Development && !ServeSettings.IsOnLine(line, "--url"))
        {
            http.Problem("insecure_http", "nacre serves guests over TLS: leave the key away (it makes its own certificate), name certificate and "
                + "private_key, or say --url https://HOST:PORT; without TLS only with --development");
        }

        ReadSockets(http, settings, plain, ServeSettings.IsOnLine(line, "--url"));
        ReadCertificate(http, settings);
        ReadTls(http, settings);
        if (http.Number("payload_request_size", 1, 1024) is { } size)
        {
            if (size == BodyMegabytes)
                http.Note("payload_request_size", $"requests of at most {BodyMegabytes} MiB");
            else
                http.Problem(
                    "payload_request_size",
                    $"nacre takes requests of at most {BodyMegabytes} MiB, which is upstream's default; leave the key away");
        }

        if (http.Number("worker_count", 1, 4096) is not null)
            http.Note("worker_count", "not needed: the runtime sizes its pool of threads by itself");
        http.Close();
    }

    private static void ReadSockets(ConfigTable http, ServeSettings settings, bool plain, bool isOverridden)
    {
        var addresses = new List<IPEndPoint>();
        foreach (var socket in http.Texts("sockets"))
        {
            if (!IPEndPoint.TryParse(socket, out var address) || address.Port == 0 && !socket.EndsWith(":0", StringComparison.Ordinal))
                http.Problem("sockets", $"'{socket}' is not IP:PORT");
            else
                addresses.Add(address);
        }

        if (addresses is not [var first, .. var more])
            return;

        settings.Set("--url", $"{(plain ? "http" : "https")}://{first}");
        if (!isOverridden && more.Count > 0)
            settings.Change(options => options with { MoreAddresses = more });
        http.Note("sockets", $"listens on {string.Join(" and ", addresses)} {(plain ? "without" : "with")} TLS");
    }

    private static void ReadCertificate(ConfigTable http, ServeSettings settings)
    {
        var (certificate, key) = (http.Text("certificate"), http.Text("private_key"));
        if (certificate is null && key is null)
            return;
        if (certificate is null || key is null)
        {
            http.Problem(certificate is null ? "certificate" : "private_key", "is missing: certificate and private_key belong together");
            return;
        }

        settings.Set("--tls-cert", certificate);
        settings.Set("--tls-key", key);
        http.Note("certificate", "shown to guests instead of one of nacre's own authority");
    }

    // The library under the framework, OpenSSL, takes ciphers and groups from the machine's openssl.cnf.
    private static void ReadTls(ConfigTable http, ServeSettings settings)
    {
        var profile = http.Choice("tls_profile", "old", "intermediate", "modern", "custom");
        var min = http.Choice("tls_min_version", "1.2", "1.3") ?? (profile == "modern" ? "1.3" : "1.2");
        var max = http.Choice("tls_max_version", "1.2", "1.3") ?? "1.3";
        if (min == "1.3" && max == "1.2")
            http.Problem("tls_min_version", "is above tls_max_version");

        if (max == "1.2")
            http.Problem("tls_max_version", "TLS 1.3 is always taken");
        settings.Set("--tls-min", min);
        foreach (var key in (string[])["tls_ciphers", "tls_groups"])
        {
            if (http.Text(key) is not null)
                http.Problem(
                    key,
                    "nacre takes what the machine's OpenSSL offers; set it in openssl.cnf (system_default_sect) and leave the key away");
        }

        if (profile is not null)
            http.Note("tls_profile", $"TLS {(min == max ? min : $"{min} to {max}")}");
    }

    private static void ReadTokenTrust(ConfigTable token, ServeSettings settings)
    {
        foreach (var path in token.Texts("trusted_certs_paths"))
            settings.Set("--trusted-cert", path);
        foreach (var set in token.Texts("trusted_jwk_sets"))
        {
            if (ConfigPath.ToKeySet(token, "trusted_jwk_sets", set) is { } path)
                settings.Set("--trusted-jwks", path);
        }

        foreach (var pointer in token.Texts("extra_teekey_paths"))
            settings.Set("--tee-key-path", pointer);
        if (token.Flag("insecure_header_jwk") == true)
        {
            if (settings.Development)
                settings.Set("--insecure-header-jwk", "true");
            else
                token.Problem(
                    "insecure_header_jwk",
                    "believes tokens that anyone can make; name who signs them in trusted_certs_paths, or use --development");
        }

        token.Close();
    }

    private static void ReadService(ConfigTable service, ServeSettings settings)
    {
        var type = service.Choice("type", "coco_as_builtin", "CoCoASBuiltIn", "coco_as_grpc", "CoCoASGrpc", "intel_ta", "IntelTA");
        if (service.Number("timeout", 1, 24 * 60) is { } minutes)
        {
            settings.Change(options => options with { Broker = options.Broker with { SessionLife = TimeSpan.FromMinutes(minutes) } });
            service.Note("timeout", $"a guest may take {minutes} minutes for a handshake");
        }

        switch (type)
        {
            case "coco_as_grpc" or "CoCoASGrpc":
                settings.Set("--as-addr", service.Text("as_addr") ?? "http://127.0.0.1:50004");
                if (service.Number("pool_size", 1, 100_000) is not null)
                    service.Note("pool_size", "not needed: calls share one HTTP/2 connection");
                service.Note("type", "evidence is verified by the Attestation Service at as_addr");
                break;
            case "intel_ta" or "IntelTA":
                IntelConfig.Read(service, settings);
                break;
            default:
                AttestationConfig.ReadService(service, settings);
                break;
        }

        service.Close();
    }
}
