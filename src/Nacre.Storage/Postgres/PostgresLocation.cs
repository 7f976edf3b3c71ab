using Npgsql;

namespace Nacre.Storage.Postgres;

/// <summary>
/// Which database: <c>postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full</c>, a socket as <c>?host=/run/postgresql</c>, or Npgsql's
/// keywords. Never with a password, which other users of the machine would see on the command line.
/// </summary>
public static class PostgresLocation
{
    public static bool IsOne(string text) => IsUrl(text) || text.Contains("Host=", StringComparison.OrdinalIgnoreCase);

    /// <summary>TLS with a verified name unless the server is on this machine, or the text says otherwise.</summary>
    /// <exception cref="StoreException">It is none.</exception>
    internal static NpgsqlConnectionStringBuilder Parse(string text)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = IsUrl(text) ? FromUrl(text) : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or UriFormatException)
        {
            throw new StoreException($"the store's address cannot be read: {e.Message}; it looks like postgres://nacre@db.example/nacre", e);
        }

        if (settings.Password is not null)
        {
            throw new StoreException(
                "the store's address holds a password, which every user of this machine can see; "
                + "give it with --store-password-file, PGPASSWORD or PGPASSFILE");
        }

        if (string.IsNullOrEmpty(settings.Host))
            throw new StoreException("the store's address names no host; it looks like postgres://nacre@db.example/nacre");
        if (!settings.ShouldSerialize("SSL Mode") && !IsLocal(settings.Host))
            settings.SslMode = SslMode.VerifyFull;
        return settings;
    }

    private static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal);

    private static NpgsqlConnectionStringBuilder FromUrl(string text)
    {
        var url = new Uri(text);
        var settings = new NpgsqlConnectionStringBuilder();
        if (url.Host.Length > 0)
            settings.Host = url.Host.Trim('[', ']');
        if (url.Port > 0)
            settings.Port = url.Port;
        if (url.AbsolutePath.Length > 1)
            settings.Database = Uri.UnescapeDataString(url.AbsolutePath[1..]);

        var user = url.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            settings.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2)
            settings.Password = user[1];

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            if (parts.Length != 2)
                throw new FormatException($"'{parts[0]}' has no value");
            settings[Keyword(parts[0])] =
                Uri.UnescapeDataString(parts[0] == "sslmode" ? parts[1].Replace("-", "", StringComparison.Ordinal) : parts[1]);
        }

        return settings;
    }

    // As libpq calls them.
    private static string Keyword(string name) => name switch
    {
        "sslmode" => "SSL Mode",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "user" => "Username",
        "application_name" => "Application Name",
        _ => Uri.UnescapeDataString(name),
    };

    private static bool IsLocal(string host) =>
        host.StartsWith('/') || host == "localhost"
        || System.Net.IPAddress.TryParse(host, out var address) && System.Net.IPAddress.IsLoopback(address);
}
