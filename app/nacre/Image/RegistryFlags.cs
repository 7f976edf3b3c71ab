using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Nacre.Images.Registry;

namespace Nacre.Cli.Image;

/// <summary>How registries are reached: the options that the verbs which copy and pull share. Proxies come from the environment.</summary>
internal sealed class RegistryFlags
{
    private readonly Option<string[]> _plainHttp = new("--plain-http")
    {
        Description = "HOST[:PORT] of a registry without TLS; 'loopback' for all on this machine. Can be given more than once.",
        HelpName = "HOST",
    };

    private readonly Option<FileInfo?> _authFile = new("--authfile") { Description = "auth.json with the registries' credentials, as skopeo login writes it." };
    private readonly Option<FileInfo?> _registries = new("--registries-conf") { Description = "registries.conf (version 2) with mirrors, locations and blocks." };
    private readonly Option<FileInfo[]> _roots = new("--ca-file") { Description = "PEM with further CA certificates. Can be given more than once." };

    public static RegistryFlags AddTo(Command command)
    {
        var flags = new RegistryFlags();
        foreach (var option in (Option[])[flags._plainHttp, flags._authFile, flags._registries, flags._roots])
            command.Options.Add(option);
        return flags;
    }

    public async Task<RegistryOptions> ReadAsync(ParseResult line, CancellationToken cancel)
    {
        var plainHttp = line.GetValue(_plainHttp) ?? [];
        var roots = new X509Certificate2Collection();
        foreach (var root in line.GetValue(_roots) ?? [])
            roots.ImportFromPemFile(root.FullName);
        return new RegistryOptions
        {
            PlainHttpHosts = plainHttp.Where(host => host != "loopback").ToHashSet(),
            AllowPlainHttpOnLoopback = plainHttp.Contains("loopback"),
            Credentials = line.GetValue(_authFile) is { } file
                ? RegistryCredentials.Parse(await File.ReadAllBytesAsync(file.FullName, cancel), file.FullName)
                : RegistryCredentials.None,
            Proxy = ProxyFromEnvironment(),
            ExtraRoots = roots,
            Registries = line.GetValue(_registries) is { } rules
                ? RegistriesConfig.Parse(await File.ReadAllTextAsync(rules.FullName, cancel), rules.FullName)
                : RegistriesConfig.Empty,
        };
    }

    /// <summary>As curl: lower case wins, and plain HTTP_PROXY is not read, for a web server's client could set it.</summary>
    private static ProxyRules? ProxyFromEnvironment()
    {
        var (https, http) = (Find("https_proxy") ?? Find("HTTPS_PROXY"), Find("http_proxy"));
        return https is null && http is null ? null : new(Address(https), Address(http), Find("no_proxy") ?? Find("NO_PROXY"));
    }

    private static string? Find(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static Uri? Address(string? text)
    {
        if (text is null)
            return null;
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out var address) ? address : throw new FormatException($"the proxy '{text}' is no address");
    }
}
