using System.Globalization;
using System.Net;

namespace Nacre.Images.Registry;

/// <summary>
/// Which proxy a registry is reached through: one for https, one for http, and hosts that are reached directly, written as curl and Go read
/// <c>NO_PROXY</c>: <c>*</c>, a host or domain (with all below it), an address or a CIDR range, each perhaps with a port.
/// </summary>
public sealed class ProxyRules(Uri? https, Uri? http, string? direct) : IWebProxy
{
    private readonly string[] _direct = (direct ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>For the proxies; taken from their addresses.</summary>
    public ICredentials? Credentials { get; set; } = Login(https ?? http);

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : Choose(destination);

    public bool IsBypassed(Uri host) => Choose(host) is null || Array.Exists(_direct, rule => Fits(rule, host));

    private Uri? Choose(Uri destination) => destination.Scheme == Uri.UriSchemeHttps ? https : http;

    private static bool Fits(string rule, Uri host)
    {
        if (rule == "*")
            return true;

        var colon = rule.LastIndexOf(':');
        if (colon > 0 && rule.IndexOf(':') == colon && int.TryParse(rule[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            if (port != host.Port)
                return false;
            rule = rule[..colon];
        }

        var name = host.Host.Trim('[', ']');
        if (IPAddress.TryParse(name, out var address))
        {
            return IPNetwork.TryParse(rule, out var range)
                ? range.Contains(address)
                : IPAddress.TryParse(rule.Trim('[', ']'), out var one) && one.Equals(address);
        }

        var domain = rule.TrimStart('*').TrimStart('.');
        return domain.Length > 0
            && (name.Equals(domain, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase));
    }

    private static NetworkCredential? Login(Uri? proxy)
    {
        if (proxy is null || proxy.UserInfo.Length == 0)
            return null;

        var parts = proxy.UserInfo.Split(':', 2);
        return new(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }
}
