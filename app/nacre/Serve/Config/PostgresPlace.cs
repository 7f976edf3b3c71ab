namespace Nacre.Cli.Serve.Config;

/// <summary>A database as upstream's files and its variable <c>POSTGRES_URL</c> name it.</summary>
internal sealed record PostgresPlace(string User, string? Password, string Host, int Port, string Database)
{
    private const int DefaultPort = 5432;

    /// <summary>As <c>--store</c> takes it: without the password, which must not stand on a command line.</summary>
    public string Address => $"postgres://{Uri.EscapeDataString(User)}@{Host}:{Port}/{Uri.EscapeDataString(Database)}";

    /// <summary>
    /// <c>postgres[ql]://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?…]</c>; null when it is no such thing. The query is passed over: TLS is as
    /// <c>--store</c> has it, never weaker.
    /// </summary>
    public static PostgresPlace? TryParse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql")
            || uri.Host.Length == 0 || uri.AbsolutePath.Length < 2 || uri.AbsolutePath.IndexOf('/', 1) >= 0)
            return null;

        var (user, password) = uri.UserInfo.Split(':', 2) is [var name, var secret]
            ? (name, Uri.UnescapeDataString(secret)) : (uri.UserInfo, null);
        return user.Length == 0 ? null : new PostgresPlace(
            Uri.UnescapeDataString(user), password, uri.Host, uri.Port < 0 ? DefaultPort : uri.Port,
            Uri.UnescapeDataString(uri.AbsolutePath[1..]));
    }

    /// <summary>Without the password.</summary>
    public override string ToString() => Address;
}
