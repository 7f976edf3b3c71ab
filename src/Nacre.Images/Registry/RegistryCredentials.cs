using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Registry;

/// <summary>
/// User names and passwords from docker's <c>auth.json</c> (guest.md 6.4): entries of the file, then the helper that <c>credHelpers</c> names
/// for the registry, then the one of <c>credsStore</c>. An entry without <c>auth</c> is passed over instead of spoiling the file; the longest
/// path that fits an image wins.
/// </summary>
public sealed class RegistryCredentials
{
    private readonly Dictionary<string, Login> _logins;

    private readonly Dictionary<string, string> _helpers;
    private readonly string? _store;

    private RegistryCredentials(Dictionary<string, Login> logins, Dictionary<string, string> helpers, string? store) =>
        (_logins, _helpers, _store) = (logins, helpers, store);

    public static RegistryCredentials None { get; } = new([], [], store: null);

    public static RegistryCredentials Parse(ReadOnlySpan<byte> json, string where)
    {
        var logins = new Dictionary<string, Login>();
        var root = OciJson.Parse(json, where);
        var auths = OciJson.FindObject(root, "auths", where) ?? [];
        foreach (var (key, entry) in auths)
        {
            if (entry is JsonObject known && Read(known, where) is { } login)
                logins[Normalise(key)] = login;
        }

        var helpers = OciJson.FindObject(root, "credHelpers", where) ?? [];
        return new(
            logins, helpers.ToDictionary(pair => Normalise(pair.Key), pair => OciJson.Text(helpers, pair.Key, where)),
            OciJson.FindText(root, "credsStore", where) is { Length: > 0 } store ? store : null);
    }

    internal async ValueTask<Login?> FindAsync(ImageReference image, CancellationToken cancel)
    {
        if (Find(image) is { } login)
            return login;

        var registry = image.Registry == "docker.io" ? "index.docker.io" : image.Registry;
        // Docker keeps its own registry under this one address.
        var asked = registry == "index.docker.io" ? "https://index.docker.io/v1/" : registry;
        var helper = _helpers.GetValueOrDefault(registry) ?? _store;
        return helper is null ? null : await CredentialProgram.GetAsync(helper, asked, cancel);
    }

    private Login? Find(ImageReference image)
    {
        var registry = image.Registry == "docker.io" ? "index.docker.io" : image.Registry;
        for (var path = $"{registry}/{image.Repository}"; ; path = path[..path.LastIndexOf('/')])
        {
            if (_logins.TryGetValue(path, out var login))
                return login;
            if (!path.Contains('/'))
                return null;
        }
    }

    private static Login? Read(JsonObject entry, string where)
    {
        var identityToken = OciJson.FindText(entry, "identitytoken", where);
        if (OciJson.FindText(entry, "auth", where) is not { Length: > 0 } auth)
            return string.IsNullOrEmpty(identityToken) ? null : new("", "", identityToken);

        string text;
        try
        {
            text = Encoding.UTF8.GetString(Convert.FromBase64String(auth));
        }
        catch (FormatException)
        {
            throw new ImageException(ImageFault.Malformed, "an 'auth' entry is not base64", where, "run skopeo login again");
        }

        var colon = text.IndexOf(':');
        return colon < 0
            ? throw new ImageException(ImageFault.Malformed, "an 'auth' entry is not user:password", where, "run skopeo login again")
            : new Login(text[..colon], text[(colon + 1)..].TrimEnd('\r', '\n', '\0'), identityToken);
    }

    private static string Normalise(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            key = key[(scheme + 3)..];
            var slash = key.IndexOf('/');
            key = slash < 0 ? key : key[..slash];
        }

        var end = key.IndexOf('/');
        var host = end < 0 ? key : key[..end];
        return host is "docker.io" or "registry-1.docker.io" ? "index.docker.io" + key[host.Length..] : key;
    }
}

/// <summary>Prints without the password. An identity token is OAuth's refresh token and goes to the token server only.</summary>
internal sealed record Login(string User, string Password, string? IdentityToken)
{
    public string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    public override string ToString() => $"{User}:[secret]";
}
