using System.Text;
using System.Text.Json;

namespace Nacre.Rego.Json;

/// <summary>JSON text to values.</summary>
internal static class JsonValueReader
{
    public const int MaxDepth = 512;

    public static RegoValue Read(ReadOnlySpan<byte> utf8Json)
    {
        var reader = new Utf8JsonReader(utf8Json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            reader.Read();
            var value = ReadValue(ref reader);
            if (reader.Read())
                throw new JsonException("text follows the value");

            return value;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new RegoException(new RegoError(RegoErrorCode.Json, "", 0, 0, "", "not a JSON value: " + e.Message));
        }
    }

    private static RegoValue ReadValue(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => RegoNull.Value,
        JsonTokenType.True => RegoBool.True,
        JsonTokenType.False => RegoBool.False,
        JsonTokenType.Number => ReadNumber(ref reader),
        JsonTokenType.String => new RegoString(ReadString(ref reader)),
        JsonTokenType.StartArray => ReadArray(ref reader),
        _ => ReadObject(ref reader),
    };

    private static RegoNumber ReadNumber(ref Utf8JsonReader reader) =>
        reader.ValueSpan.Length < 18 && reader.TryGetInt64(out var value) && reader.ValueSpan.IndexOfAny(".eE"u8) < 0 && !reader.ValueSpan.SequenceEqual("-0"u8)
            ? RegoNumber.From(value)
            : RegoNumber.FromText(Encoding.ASCII.GetString(reader.ValueSpan));

    private static string ReadString(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return Encoding.UTF8.GetString(reader.ValueSpan);

        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: U+FFFD takes its place, as in Go.
            return JsonEscapes.Decode(Encoding.UTF8.GetString(reader.ValueSpan));
        }
    }

    private static RegoArray ReadArray(ref Utf8JsonReader reader)
    {
        var items = new List<RegoValue>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(ReadValue(ref reader));

        return items.Count == 0 ? RegoArray.Empty : new RegoArray([.. items]);
    }

    private static RegoObject ReadObject(ref Utf8JsonReader reader)
    {
        var members = new Dictionary<RegoValue, RegoValue>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = new RegoString(ReadString(ref reader));
            reader.Read();
            members[key] = ReadValue(ref reader);
        }

        return RegoObject.FromDistinct(members);
    }
}
