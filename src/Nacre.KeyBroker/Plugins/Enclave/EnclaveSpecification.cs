using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>What a secret is, how its versions are made, and who gets it.</summary>
public sealed record EnclaveSpecification
{
    public const string Aes = "aes";
    public const string Rsa = "rsa";
    public const string Ec = "ec";
    public const string X509 = "x509";

    /// <summary>An authority for certificates of the same application. Nobody gets its key.</summary>
    public const string Authority = "ca";

    public const string Data = "data";

    public const int MaxDataBytes = 1024 * 1024;

    private const int MaxIdentities = 32;
    private const int MaxHosts = 32;
    private const int MaxDays = 3650;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>What each kind takes besides identities and expiry.</summary>
    private static readonly Dictionary<string, string[]> s_kinds = new()
    {
        [Aes] = ["bits"],
        [Rsa] = ["bits"],
        [Ec] = ["curve"],
        [X509] = ["curve", "bits", "subject", "hosts", "days", "authority"],
        [Authority] = ["subject", "days"],
        [Data] = [],
    };

    public required string Kind { get; init; }

    /// <summary>Size of the key; null where a curve says it, or for what is no key.</summary>
    public int? Bits { get; init; }

    /// <summary>Of an elliptic curve's key.</summary>
    public string? Curve { get; init; }

    /// <summary>Common name.</summary>
    public string? Subject { get; init; }

    /// <summary>DNS names and addresses in the certificate.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>How long a certificate is valid.</summary>
    public int Days { get; init; }

    /// <summary>Name of the authority in the same application; null for a certificate that is signed by its own key.</summary>
    public string? AuthorityName { get; init; }

    /// <summary>Any one of them is enough; empty for an authority.</summary>
    public IReadOnlyList<EnclaveIdentity> Identities { get; init; } = [];

    /// <summary>From then on nobody gets it.</summary>
    public DateTimeOffset? Expires { get; init; }

    public static IReadOnlyCollection<string> Kinds => s_kinds.Keys;

    /// <summary>Whether there is a part that everybody may have.</summary>
    public bool HasPublicPart => Kind is not (Aes or Data);

    /// <param name="fields">Members as <see cref="ToJson"/> writes them.</param>
    /// <param name="more">Members that are somebody else's.</param>
    /// <exception cref="MalformedDataException">A member is unknown, missing, or out of bounds.</exception>
    public static EnclaveSpecification Parse(JsonFields fields, params ReadOnlySpan<string> more)
    {
        var kind = fields.Text("kind", 16);
        if (!s_kinds.TryGetValue(kind, out var members))
            throw fields.Malformed("kind", $"'{kind}' is none; there are {string.Join(", ", s_kinds.Keys)}");
        fields.Only([.. (ReadOnlySpan<string>)["kind", "identities", "expires"], .. members, .. more]);

        var bits = Number(fields, "bits", kind switch { Aes => [128, 192, 256], _ => [2048, 3072, 4096] });
        var curve = fields.FindText("curve", 16);
        if (curve is not (null or "P-256" or "P-384" or "P-521"))
            throw fields.Malformed("curve", "must be P-256, P-384 or P-521");
        if (curve is not null && bits is not null)
            throw fields.Malformed("curve", "and bits are of different kinds of keys; give one");

        return new EnclaveSpecification
        {
            Kind = kind,
            Bits = bits ?? kind switch { Aes => 256, Rsa => 3072, _ => null },
            Curve = curve ?? (kind is Ec or Authority || kind == X509 && bits is null ? "P-256" : null),
            Subject = kind is X509 or Authority ? ParseSubject(fields) : null,
            Hosts = ParseHosts(fields),
            Days = kind is X509 or Authority ? ParseDays(fields, kind == Authority ? MaxDays : 365) : 0,
            AuthorityName = ParseAuthority(fields),
            Identities = ParseIdentities(fields, kind),
            Expires = ParseExpiry(fields),
        };
    }

    /// <summary>For what an owner asks; what is stored may name claims that another version of this server knew.</summary>
    /// <exception cref="MalformedDataException">No verifier says one of the claims.</exception>
    public void RequireKnownClaims()
    {
        foreach (var identity in Identities)
            identity.RequireKnownClaims();
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["kind"] = Kind };
        Add("bits", Bits);
        Add("curve", Kind == Authority ? null : Curve);
        Add("subject", Subject);
        Add("hosts", Hosts.Count == 0 ? null : new JsonArray([.. Hosts.Select(host => (JsonNode)host)]));
        Add("days", Days == 0 ? null : Days);
        Add("authority", AuthorityName);
        Add("identities", Kind == Authority ? null : new JsonArray([.. Identities.Select(one => (JsonNode)one.ToJson())]));
        Add("expires", Expires is { } at ? Text(at) : null);
        return json;

        void Add(string name, JsonNode? value)
        {
            if (value is not null)
                json[name] = value;
        }
    }

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    internal static DateTimeOffset? ParseExpiry(JsonFields fields)
    {
        if (fields.FindText("expires", 32) is not { } text)
            return null;
        return DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at : throw fields.Malformed("expires", "must be a time such as 2027-01-31T12:00:00Z");
    }

    internal static IReadOnlyList<EnclaveIdentity> ParseIdentities(JsonFields fields, string kind)
    {
        if (kind == Authority)
        {
            return fields.Find("identities") is null ? []
                : throw fields.Malformed("identities", "are not for an authority: nobody gets its key");
        }

        var identities = new List<EnclaveIdentity>();
        foreach (var item in fields.Array("identities", MaxIdentities))
            identities.Add(EnclaveIdentity.Parse(new JsonFields($"enclave.identities[{identities.Count}]", item)));
        return identities.Count > 0 ? identities
            : throw fields.Malformed("identities", "must name at least one program that gets the secret");
    }

    private static int? Number(JsonFields fields, string name, int[] allowed)
    {
        if (fields.Find(name) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && allowed.Contains(number)
            ? number : throw fields.Malformed(name, $"must be one of {string.Join(", ", allowed)}");
    }

    private static int ParseDays(JsonFields fields, int otherwise)
    {
        if (fields.Find("days") is not { } value)
            return otherwise;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var days) && days is >= 1 and <= MaxDays
            ? days : throw fields.Malformed("days", $"must be 1 to {MaxDays}");
    }

    // Only what needs no escapes in a distinguished name.
    private static string ParseSubject(JsonFields fields)
    {
        var text = fields.Text("subject", 64);
        return text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_' or '.' or '@' or '/' or ':')
            && text.Trim() == text
            ? text : throw fields.Malformed("subject", "must be a common name of a-z A-Z 0-9 - _ . @ / : and blanks");
    }

    private static List<string> ParseHosts(JsonFields fields)
    {
        if (fields.Find("hosts") is null)
            return [];

        var hosts = new List<string>();
        foreach (var item in fields.Array("hosts", MaxHosts))
        {
            if (item.ValueKind != JsonValueKind.String || item.GetString() is not { } host
                || Uri.CheckHostName(host) == UriHostNameType.Unknown || host.Length > 253 || !host.All(char.IsAscii))
                throw fields.Malformed("hosts", "must be DNS names and addresses");
            hosts.Add(host);
        }

        return hosts;
    }

    private static string? ParseAuthority(JsonFields fields)
    {
        var name = fields.FindText("authority", 128);
        return name is null || PolicyDocument.IsId(name) ? name
            : throw fields.Malformed("authority", "must be the name of a secret of kind ca in the same application");
    }
}
