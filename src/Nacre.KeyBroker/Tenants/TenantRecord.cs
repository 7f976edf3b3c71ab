using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.KeyBroker.Tenants;

/// <summary>One tenant, as the server's own store has it.</summary>
/// <param name="Name">In paths and tokens.</param>
/// <param name="Id">16 hexadecimal digits, in the place of its data: another tenant that gets the name later has another id.</param>
/// <param name="Created">When.</param>
public sealed record TenantRecord(string Name, string Id, DateTimeOffset Created)
{
    private const int MaxBytes = 1024;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Nothing of it is served or written any more; what is left of its data is being removed.</summary>
    public bool IsEnding { get; init; }

    /// <summary>Of the record in the store.</summary>
    public long Version { get; init; }

    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["id"] = Id,
        ["created"] = Created.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
        ["ending"] = IsEnding,
    };

    public byte[] ToUtf8() => JsonText.Utf8(ToJson());

    /// <exception cref="StoreException">The store holds something else there.</exception>
    public static TenantRecord Parse(string name, StoredValue stored)
    {
        try
        {
            using var document = StrictJson.Parse(stored.Value, "tenant", MaxBytes);
            var fields = new JsonFields("tenant", document.RootElement);
            if (fields.Text("name", TenantName.MaxLength) != name)
                throw fields.Malformed("name", "is that of another tenant");
            return new TenantRecord(name, fields.Text("id", 16), Time(fields))
            {
                IsEnding = fields.Any("ending").ValueKind == JsonValueKind.True,
                Version = stored.Version,
            };
        }
        catch (MalformedDataException e)
        {
            throw new StoreException($"what the store holds of the tenant {name} cannot be read: {e.Message}", e);
        }
    }

    private static DateTimeOffset Time(JsonFields fields) => DateTimeOffset.TryParseExact(
        fields.Text("created", 32), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        ? time : throw fields.Malformed("created", "must be a time");
}
