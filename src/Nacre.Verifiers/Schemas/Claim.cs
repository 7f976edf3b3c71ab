using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Nacre.Verifiers.Schemas;

/// <summary>
/// One claim: how JSON schema describes it, and where its value comes from. A list of these is all that is written down of the claims of a
/// TEE; their schema and their JSON both come from it.
/// </summary>
internal sealed record Claim<T>(string Name, Func<ClaimSchema> Describe, Func<T, JsonNode?> Value)
{
    /// <summary>A view of bytes that <typeparamref name="T"/> owns.</summary>
    public delegate ReadOnlySpan<byte> Bytes(T of);

    private bool IsOptional { get; init; }

    private bool IsNullable { get; init; }

    /// <summary>Bytes in lower-case hexadecimal, always <paramref name="size"/> of them.</summary>
    public static Claim<T> Hex(string name, string description, int size, Func<T, byte[]?> value) =>
        new(name, () => ClaimSchema.Hex(name, description, size), of => ToHex(value(of)));

    /// <summary>As above.</summary>
    public static Claim<T> Hex(string name, string description, int size, Bytes value) =>
        new(name, () => ClaimSchema.Hex(name, description, size), of => Convert.ToHexStringLower(value(of)));

    /// <summary>Bytes in lower-case hexadecimal, of any length.</summary>
    public static Claim<T> Hex(string name, string description, Func<T, byte[]?> value) =>
        new(name, () => ClaimSchema.Hex(name, description), of => ToHex(value(of)));

    /// <summary>A number as the hexadecimal of its bytes in little-endian order.</summary>
    public static Claim<T> LittleEndian(string name, string description, int size, Func<T, ulong?> value) => BigEndian(
        name, description, size,
        of => value(of) is { } number ? BinaryPrimitives.ReverseEndianness(number) >> (8 * (sizeof(ulong) - size)) : null);

    /// <summary>A number as hexadecimal digits, zeros before it.</summary>
    public static Claim<T> BigEndian(string name, string description, int size, Func<T, ulong?> value) => new(
        name, () => ClaimSchema.Hex(name, description, size), of => value(of)?.ToString($"x{2 * size}", CultureInfo.InvariantCulture));

    public static Claim<T> Base64(string name, string description, Func<T, byte[]?> value) => new(
        name, () => ClaimSchema.Base64(name, description), of => value(of) is { } bytes ? Convert.ToBase64String(bytes) : null);

    /// <summary>Text that is base64 already.</summary>
    public static Claim<T> Base64(string name, string description, Func<T, string?> value) =>
        new(name, () => ClaimSchema.Base64(name, description), of => value(of));

    public static Claim<T> Text(string name, string description, Func<T, string?> value) =>
        new(name, () => ClaimSchema.Text(name, description), of => value(of));

    public static Claim<T> Date(string name, string description, Func<T, DateTimeOffset?> value) => new(
        name, () => ClaimSchema.Date(name, description),
        of => value(of)?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    public static Claim<T> OneOf(string name, string description, IEnumerable<string> values, Func<T, string?> value) =>
        new(name, () => ClaimSchema.OneOf(name, description, values), of => value(of));

    /// <summary>A value of a closed set, written as <paramref name="text"/> has it.</summary>
    public static Claim<T> OneOf<TValue>(
        string name, string description, IEnumerable<TValue> values, Func<TValue, string> text, Func<T, TValue?> value)
        where TValue : struct =>
        new(name, () => ClaimSchema.OneOf(name, description, values.Select(text)), of => value(of) is { } one ? text(one) : null);

    public static Claim<T> Integer(string name, string description, Func<T, int?> value) => Number(name, description, of => value(of));

    public static Claim<T> Integer(string name, string description, Func<T, uint?> value) => Number(name, description, of => value(of));

    public static Claim<T> Integer(string name, string description, Func<T, long?> value) => Number(name, description, of => value(of));

    public static Claim<T> Integer(string name, string description, Func<T, ulong?> value) => Number(name, description, of => value(of));

    public static Claim<T> Boolean(string name, string description, Func<T, bool?> value) =>
        new(name, () => ClaimSchema.Boolean(name, description), of => value(of));

    public static Claim<T> List(string name, string description, Func<JsonObject> items, Func<T, IEnumerable<string>?> value) => new(
        name, () => ClaimSchema.List(name, description, items()),
        of => value(of) is { } list ? new JsonArray([.. list.Select(item => (JsonNode)item)]) : null);

    /// <summary>A list of objects; <paramref name="item"/> describes one.</summary>
    public static Claim<T> List<TItem>(
        string name, string description, string item, IReadOnlyList<Claim<TItem>> members, Func<T, IEnumerable<TItem>?> value) => new(
        name, () => ClaimSchema.List(name, description, ClaimSchema.ObjectType(item, members.Select(member => member.Schema()))),
        of => value(of) is { } list ? new JsonArray([.. list.Select(one => (JsonNode)Claim<TItem>.ToJson(members, one))]) : null);

    /// <summary>Bytes in hexadecimal by number; <paramref name="each"/> describes one.</summary>
    public static Claim<T> HexByNumber(
        string name, string description, string each, Func<T, IReadOnlyDictionary<int, byte[]>> value) => Map(
        name, description, () => ClaimSchema.HexType(each), of => value(of).OrderBy(one => one.Key).Select(one =>
            KeyValuePair.Create(one.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)Convert.ToHexStringLower(one.Value))));

    /// <summary>An object whose names are not known beforehand.</summary>
    public static Claim<T> Map(
        string name, string description, Func<JsonObject> values, Func<T, IEnumerable<KeyValuePair<string, JsonNode?>>?> value) => new(
        name, () => ClaimSchema.Map(name, description, values()), of => value(of) is { } map ? new JsonObject(map) : null);

    public static Claim<T> Object<TValue>(
        string name, string description, IReadOnlyList<Claim<TValue>> members, Func<T, TValue?> value) => new(
        name, () => ClaimSchema.Object(name, description, members.Select(member => member.Schema())),
        of => value(of) is { } one ? Claim<TValue>.ToJson(members, one) : null);

    /// <summary>Anything at all, null too.</summary>
    public static Claim<T> Any(string name, string description, Func<T, JsonNode?> value) =>
        new(name, () => ClaimSchema.Any(name, description), value) { IsNullable = true };

    public static JsonObject ToJson(IEnumerable<Claim<T>> claims, T of)
    {
        var json = new JsonObject();
        foreach (var claim in claims)
        {
            var value = claim.Value(of);
            if (value is null && !claim.IsNullable && !claim.IsOptional)
                throw new UnreachableException($"the claim '{claim.Name}' is always there");
            if (value is not null || claim.IsNullable)
                json.Add(claim.Name, value);
        }

        return json;
    }

    public ClaimSchema Schema() => IsOptional ? Describe().Optional() : Describe();

    /// <summary>The same claim, which is not there when its value is null; its description says when.</summary>
    public Claim<T> Optional() => this with { IsOptional = true };

    /// <summary>The same claim, which is there only when <paramref name="condition"/> holds.</summary>
    public Claim<T> When(Func<T, bool> condition) => this with { IsOptional = true, Value = of => condition(of) ? Value(of) : null };

    /// <summary>The same claim of a part of something larger, with the claims of which it stands in JSON.</summary>
    public Claim<TWhole> Of<TWhole>(Func<TWhole, T> part) =>
        new(Name, Describe, whole => Value(part(whole))) { IsOptional = IsOptional, IsNullable = IsNullable };

    /// <summary>The same claim in another form.</summary>
    public Claim<T> As(Func<ClaimSchema, ClaimSchema> schema, Func<JsonNode, JsonNode> form) => this with
    {
        Describe = () => schema(Describe()),
        Value = of => Value(of) is { } value ? form(value) : null,
    };

    private static Claim<T> Number(string name, string description, Func<T, JsonNode?> value) =>
        new(name, () => ClaimSchema.Integer(name, description), value);

    private static string? ToHex(byte[]? bytes) => bytes is null ? null : Convert.ToHexStringLower(bytes);
}
