using System.Globalization;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Storage.Encryption;

/// <summary>
/// The data keys of a store, wrapped, as one row holds them: <c>{"format":1,"current":2,"keys":[{"id":1,"created":…,"master":…,"check":…,
/// "wrapped":…}]}</c>. The first version of this program kept one wrapped key alone in that row; it is read as key 0.
/// </summary>
/// <param name="Current">What new values are encrypted under: the newest key.</param>
/// <param name="Keys">Oldest first, without gaps in meaning: an id is never used twice.</param>
public sealed record KeyRing(int Current, IReadOnlyList<WrappedKey> Keys)
{
    /// <summary>Rotations between two rewritings; one a day for years is far below.</summary>
    public const int MaxKeys = 256;

    private const int Format = 1;
    private const int MaxBytes = 4 * 1024 * 1024;

    // Nonce, key and tag; no JSON with a key in it is that short.
    private const int LoneKeyBytes = MasterKey.Size + Sealed.Overhead;

    /// <summary>Whether rows were made by the first version of this program and never rotated.</summary>
    public bool IsLone => Keys is [{ Id: 0, Master: "" }];

    public static KeyRing Parse(byte[] row)
    {
        if (row.Length == LoneKeyBytes)
            return new KeyRing(0, [new WrappedKey(0, default, "", "", row)]);

        try
        {
            using var document = StrictJson.Parse(row, "data-keys", MaxBytes);
            return Read(new JsonFields("data-keys", document.RootElement));
        }
        catch (MalformedDataException e)
        {
            throw new StoreException($"the store's data keys cannot be read: {e.Message}; use the newest version of this program, or a backup", e);
        }
    }

    public byte[] ToRow()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteNumber("current", Current);
            json.WriteStartArray("keys");
            foreach (var key in Keys)
            {
                json.WriteStartObject();
                json.WriteNumber("id", key.Id);
                json.WriteString("created", key.Created.ToString("O", CultureInfo.InvariantCulture));
                json.WriteString("master", key.Master);
                json.WriteString("check", key.Check);
                json.WriteBase64String("wrapped", key.Wrapped.Span);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static KeyRing Read(JsonFields fields)
    {
        fields.Only("format", "current", "keys");
        if (fields.Any("format") is not { ValueKind: JsonValueKind.Number } format || !format.TryGetInt32(out var number) || number != Format)
            throw fields.Malformed("format", $"must be {Format}");

        var keys = new List<WrappedKey>();
        foreach (var element in fields.Array("keys", MaxKeys))
        {
            var key = new JsonFields("data-keys.keys", element);
            key.Only("id", "created", "master", "check", "wrapped");
            var id = Number(key, "id");
            if (keys.Count > 0 && id <= keys[^1].Id)
                throw key.Malformed("id", "must grow from key to key");
            if (!DateTimeOffset.TryParse(key.Text("created"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var created))
                throw key.Malformed("created", "must be a time");
            keys.Add(new WrappedKey(id, created, key.Text("master", 512), key.Text("check", 64), key.Base64("wrapped", WrappedKey.MaxBytes)));
        }

        var current = Number(fields, "current");
        return keys is [.., var last] && last.Id == current
            ? new KeyRing(current, keys) : throw fields.Malformed("current", "must be the id of the last key");
    }

    private static int Number(JsonFields fields, string name) =>
        fields.Any(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= 0
            ? number : throw fields.Malformed(name, "must be a number from 0 on");
}

/// <summary>One data key, wrapped.</summary>
/// <param name="Id">In front of every value that is encrypted under it.</param>
/// <param name="Created">When.</param>
/// <param name="Master">Which master key wrapped it; empty where that was not recorded.</param>
/// <param name="Check">Digest of the key itself, so that two keys are never taken for one.</param>
/// <param name="Wrapped">As the master key gave it.</param>
public sealed record WrappedKey(int Id, DateTimeOffset Created, string Master, string Check, ReadOnlyMemory<byte> Wrapped)
{
    /// <summary>Of a wrapped key; a key management service adds a few hundred bytes.</summary>
    public const int MaxBytes = 8192;

    /// <summary>What the master key authenticates with the key.</summary>
    public byte[] Context => Encoding.UTF8.GetBytes(Id == 0 ? "nacre data key v1" : $"nacre data key {Id}");
}
