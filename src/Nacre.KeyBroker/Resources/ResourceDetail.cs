using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;

namespace Nacre.KeyBroker.Resources;

/// <summary>What is known of one version of a secret besides its bytes.</summary>
/// <param name="Version">1 for the first, and one more with each change; never used again, also after the secret was deleted.</param>
public sealed record ResourceDetail(int Version)
{
    public const string DefaultContentType = "application/octet-stream";

    public string ContentType { get; init; } = DefaultContentType;

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public ReleaseLimit Limit { get; init; } = ReleaseLimit.None;

    /// <summary>How often; counted only where <see cref="ReleaseLimit.Most"/> needs it.</summary>
    public int Released { get; init; }

    /// <summary>When and by whom it was set; null for what was set before versions were kept.</summary>
    public DateTimeOffset? At { get; init; }

    public string? Author { get; init; }

    /// <summary>SHA-256 of the bytes in hex, so that these and those are never of two versions; empty once the secret is deleted.</summary>
    public string Digest { get; init; } = "";

    public static string DigestOf(ReadOnlySpan<byte> value) => Convert.ToHexStringLower(SHA256.HashData(value));

    /// <summary>As <c>data.resource</c> has it.</summary>
    public JsonObject ForPolicies() => new() { ["version"] = Version, ["content-type"] = ContentType, ["labels"] = LabelsJson() };

    /// <summary>For administrators: without the digest, from which a short secret could be guessed.</summary>
    public JsonObject Describe()
    {
        var json = ForPolicies();
        Limit.WriteTo(json);
        if (Limit.Most is not null)
            json["released"] = Released;
        if (At is { } at)
            json["at"] = at.ToString("O", CultureInfo.InvariantCulture);
        if (Author is not null)
            json["author"] = Author;
        return json;
    }

    private JsonObject LabelsJson()
    {
        var labels = new JsonObject();
        foreach (var (name, value) in Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            labels[name] = value;
        return labels;
    }

    internal byte[] ToRow()
    {
        var json = Describe();
        json["digest"] = Digest;
        return JsonText.Utf8(json);
    }

    internal static ResourceDetail FromRow(ReadOnlySpan<byte> row)
    {
        var json = JsonNode.Parse(row)!.AsObject();
        return new ResourceDetail((int)json["version"]!)
        {
            ContentType = (string)json["content-type"]!,
            Labels = json["labels"]!.AsObject().ToDictionary(label => label.Key, label => (string)label.Value!),
            Limit = ReleaseLimit.Read(json),
            Released = (int?)json["released"] ?? 0,
            At = (string?)json["at"] is { } at ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture) : null,
            Author = (string?)json["author"],
            Digest = (string)json["digest"]!,
        };
    }
}
