using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Toml;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Policy.Notation;
using Nacre.Images.Pull;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;

namespace Nacre.Guest.DataHub;

/// <summary>
/// The table <c>[image]</c> of the data hub's configuration (guest.md 6.1): which policy decides about images, where signatures, credentials and
/// registries are. A URI is a path, <c>file://…</c> or <c>kbs:///…</c>. Unlike upstream, a guest without a policy pulls nothing, and names that
/// are not known are refused. Ours: <c>notation_trust_policy</c>, <c>notation_trust_policy_uri</c>, <c>notation_trust_store</c>.
/// </summary>
public sealed class ImageConfiguration
{
    private const string Table = "image";
    private const int MostLayersAtOnce = 32;

    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false };

    // The first and the last two are upstream's own places and clients, which have no counterpart here.
    private static readonly string[] s_known =
    [
        "work_dir", "image_security_policy", "image_security_policy_uri", "sigstore_config", "sigstore_config_uri",
        "authenticated_registry_credentials_uri", "registry_config", "registry_configuration_uri", "max_concurrent_layer_downloads_per_image",
        "image_pull_proxy", "extra_root_certificates", "notation_trust_policy", "notation_trust_policy_uri", "notation_trust_store",
        "kbc", "kbs_uri",
    ];

    private readonly JsonObject _table;
    private readonly string _where;

    private ImageConfiguration(JsonObject table, string where) => (_table, _where) = (table, where);

    /// <param name="text">TOML, or JSON when the name ends in <c>.json</c>.</param>
    /// <param name="where">The name of the file.</param>
    /// <exception cref="ImageException">It is no such file, or has no table <c>image</c>.</exception>
    public static ImageConfiguration Parse(string text, string where)
    {
        ArgumentNullException.ThrowIfNull(where);
        try
        {
            var root = where.EndsWith(".json", StringComparison.Ordinal)
                ? JsonNode.Parse(text, documentOptions: s_json) as JsonObject ?? throw Invalid("it must be an object", where)
                : TomlDocument.Parse(text, where);
            var table = root[Table] as JsonObject ?? throw Invalid($"there is no table '{Table}'", where);
            return new ImageConfiguration(table, $"{where}, {Table}").RequireKnown();
        }
        catch (Exception e) when (e is JsonException or MalformedDataException or InvalidOperationException)
        {
            // The last is what the framework says of a name with half of a surrogate pair.
            throw Invalid(e.Message, where, e);
        }
    }

    /// <summary>Reads all that the table names.</summary>
    /// <param name="basis">What holds where the table says nothing.</param>
    /// <param name="resources">The key broker; null when none is configured.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="ImageException">Something cannot be had or is not valid, or there is no policy.</exception>
    public async Task<(ImagePolicy Policy, PullOptions Options)> ResolveAsync(
        PullOptions basis, IResourceSource? resources, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(basis);
        var files = new PolicyFiles(resources);
        var notation = await NotationAsync(files, cancel);
        return (await PolicyAsync(files, notation is not null, cancel), basis with
        {
            Registry = await RegistryAsync(basis.Registry, files, cancel),
            Signatures = basis.Signatures with
            {
                Lookaside = await LookasideAsync(basis.Signatures.Lookaside, files, cancel),
                Notation = notation ?? basis.Signatures.Notation,
            },
            LayersAtOnce = LayersAtOnce() ?? basis.LayersAtOnce,
        });
    }

    private ImageConfiguration RequireKnown() => _table.Select(pair => pair.Key).FirstOrDefault(key => !s_known.Contains(key)) is { } unknown
        ? throw Invalid($"the name '{unknown}' is not known; known are {string.Join(", ", s_known)}", _where)
        : this;

    private async Task<ImagePolicy> PolicyAsync(PolicyFiles files, bool hasNotation, CancellationToken cancel)
    {
        if (await ReadAsync("image_security_policy", files, cancel) is (var text, var from))
            return ImagePolicy.Parse(text, from);
        return hasNotation
            ? ImagePolicy.OnlyNotation
            : throw Invalid("neither image_security_policy_uri nor image_security_policy says which images may run", _where);
    }

    private async Task<NotationTrust?> NotationAsync(PolicyFiles files, CancellationToken cancel) =>
        (await ReadAsync("notation_trust_policy", files, cancel), Text("notation_trust_store")) switch
        {
            (null, null) => null,
            ({ } policy, { } store) => new(NotationTrustPolicy.Parse(policy.Content, policy.Where), store),
            _ => throw Invalid("notation_trust_policy and notation_trust_store belong together", _where),
        };

    private async Task<LookasideStores> LookasideAsync(LookasideStores basis, PolicyFiles files, CancellationToken cancel) =>
        await ReadAsync("sigstore_config", files, cancel) is (var content, var where)
            ? LookasideStores.Parse([(where, Encoding.UTF8.GetString(content))])
            : basis;

    private async Task<RegistryOptions> RegistryAsync(RegistryOptions basis, PolicyFiles files, CancellationToken cancel)
    {
        var registries = basis.Registries;
        if (_table["registry_config"] is { } inline)
            registries = RegistriesConfig.Read(inline as JsonObject ?? throw Invalid("'registry_config' must be a table", _where), _where);
        else if (Text("registry_configuration_uri") is { } place)
            registries = RegistriesConfig.Parse(Encoding.UTF8.GetString(await files.ReadAsync(place, cancel)), place);
        return basis with
        {
            Registries = registries,
            Credentials = Text("authenticated_registry_credentials_uri") is { } uri
                ? RegistryCredentials.Parse(await files.ReadAsync(uri, cancel), uri)
                : basis.Credentials,
            Proxy = Proxy() ?? basis.Proxy,
            ExtraRoots = Roots() ?? basis.ExtraRoots,
        };
    }

    private ProxyRules? Proxy()
    {
        if (_table["image_pull_proxy"] is not { } node)
            return null;
        var proxy = node as JsonObject ?? throw Invalid("'image_pull_proxy' must be a table", _where);
        if (proxy.Select(pair => pair.Key).FirstOrDefault(key => key is not ("https_proxy" or "http_proxy" or "no_proxy")) is { } unknown)
            throw Invalid($"'image_pull_proxy' has '{unknown}', known are https_proxy, http_proxy, no_proxy", _where);
        return new(Address(Text(proxy, "https_proxy")), Address(Text(proxy, "http_proxy")), Text(proxy, "no_proxy"));
    }

    private Uri? Address(string? text) => text is null ? null
        : Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var address) ? address
        : throw Invalid($"the proxy '{text}' is no address", _where);

    private X509Certificate2Collection? Roots()
    {
        if (_table["extra_root_certificates"] is not { } node)
            return null;
        var roots = new X509Certificate2Collection();
        foreach (var item in node as JsonArray ?? throw Invalid("'extra_root_certificates' must be a list", _where))
        {
            try
            {
                roots.ImportFromPem(item is JsonValue value && value.TryGetValue<string>(out var pem) ? pem : "");
            }
            catch (CryptographicException e)
            {
                throw Invalid($"'extra_root_certificates' holds something besides certificates in PEM: {e.Message}", _where, e);
            }
        }

        return roots;
    }

    private int? LayersAtOnce() => _table["max_concurrent_layer_downloads_per_image"] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<long>(out var number) && number is >= 1 and <= MostLayersAtOnce => (int)number,
        _ => throw Invalid($"'max_concurrent_layer_downloads_per_image' must be 1 to {MostLayersAtOnce}", _where),
    };

    // NAME_uri comes before NAME, as upstream has it.
    private async Task<(byte[] Content, string Where)?> ReadAsync(string name, PolicyFiles files, CancellationToken cancel)
    {
        if (Text($"{name}_uri") is { } uri)
            return (await files.ReadAsync(uri, cancel), uri);
        return Text(name) is { } inline ? (Encoding.UTF8.GetBytes(inline), $"{_where}, {name}") : null;
    }

    private string? Text(string name) => Text(_table, name);

    private string? Text(JsonObject owner, string name) => owner[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw Invalid($"'{name}' must be text", _where),
    };

    private static ImageException Invalid(string what, string where, Exception? inner = null) => new(
        ImageFault.PolicyInvalid, $"the image configuration is not valid: {what}", where, "correct the table [image] of the guest's configuration",
        inner);
}
