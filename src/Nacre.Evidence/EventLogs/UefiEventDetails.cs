using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.EventLogs;

namespace Nacre.Evidence.EventLogs;

/// <summary>What the data of an event says, by type (trust.md 3.10).</summary>
internal static class UefiEventDetails
{
    /// <summary>Tag of the attestation agent's own events, "AAEL" in ASCII.</summary>
    private const uint AgentTag = 0x4141454c;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static JsonObject Parse(uint type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case TcgEventType.PostCode or TcgEventType.Action or TcgEventType.CompactHash or TcgEventType.OmitBootDeviceEvents
                or TcgEventType.EfiAction:
                return TryUtf8(data) is { } text ? String(text) : [];
            case TcgEventType.EfiPlatformFirmwareBlob2 or TcgEventType.EfiHandoffTables2:
                return Blob(data);
            case TcgEventType.PlatformConfigFlags:
                var flags = (TryUtf8(data) ?? "").Replace('\u0010', ' ');
                return String(string.Concat(flags.Where(c => !char.IsControl(c))));
            case TcgEventType.EfiVariableDriverConfig or TcgEventType.EfiVariableBoot or TcgEventType.EfiVariableBoot2
                or TcgEventType.EfiVariableAuthority:
                return Variable(data);
            case TcgEventType.EfiBootServicesApplication:
                return Application(data);
            case TcgEventType.Ipl:
                return String(Ipl(data));
            case TcgEventType.EventTag:
                return Tag(data);
            default:
                return [];
        }
    }

    // The length counts the NUL that ends the text.
    private static JsonObject Blob(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data[0] == 0 || data[0] > data.Length)
            return [];

        return TryUtf8(data[1..data[0]]) is { } text ? String(text) : [];
    }

    private static JsonObject Variable(ReadOnlySpan<byte> data)
    {
        var reader = new StructReader("uefi.variable", data);
        var guid = Convert.ToHexStringLower(reader.Bytes(16, "variable_name"));
        var nameLength = reader.UInt64LE("unicode_name_length");
        var dataLength = reader.UInt64LE("variable_data_length");
        if (nameLength > (ulong)reader.Remaining / 2 || dataLength > (ulong)reader.Remaining - 2 * nameLength)
            throw reader.Malformed("the lengths are more than there is");

        var name = Encoding.Unicode.GetString(reader.Bytes(2 * (int)nameLength, "unicode_name"));
        var value = reader.Bytes((int)dataLength, "variable_data");
        return new()
        {
            ["unicode_name"] = name,
            ["unicode_name_length"] = nameLength,
            ["variable_data"] = Convert.ToBase64String(value),
            ["variable_data_length"] = dataLength,
            ["variable_name"] = $"{guid[..8]}-{guid[8..12]}-{guid[12..16]}-{guid[16..20]}-{guid[20..]}",
        };
    }

    private static JsonObject Application(ReadOnlySpan<byte> data)
    {
        var reader = new StructReader("uefi.image_load_event", data);
        reader.Bytes(24, "location");
        var length = reader.UInt64LE("device_path_length");
        if (length > (ulong)reader.Remaining)
            throw reader.Malformed($"is {length}, {reader.Remaining} bytes are left");

        var paths = DevicePathText.Parse(reader.Bytes((int)length, "device_path"));
        return paths.Count == 0 ? [] : new() { ["device_paths"] = new JsonArray([.. paths.Select(path => (JsonNode)JsonValue.Create(path))]) };
    }

    private static string Ipl(ReadOnlySpan<byte> data)
    {
        if (data.Length >= 4 && data[0] == 0x2e && data[1] == 0)
            return Encoding.Unicode.GetString(data[2..^2]);

        var end = data.IndexOf((byte)0);
        return TryUtf8(end < 0 ? data : data[..end]) ?? Convert.ToHexStringLower(data);
    }

    private static JsonObject Tag(ReadOnlySpan<byte> data)
    {
        var reader = new StructReader("uefi.tagged_event", data);
        var id = reader.UInt32LE("id");
        var size = reader.UInt32LE("size");
        if (size > (uint)reader.Remaining)
            throw reader.Malformed($"is {size}, {reader.Remaining} bytes are left");

        var text = Encoding.UTF8.GetString(reader.Bytes((int)size, "data")).Replace("\0", "", StringComparison.Ordinal);
        var details = String(text);
        if (id == AgentTag && text.Split(' ', 3) is [var domain, var operation, var content])
        {
            details["unicode_name"] = "AAEL";
            details["data"] = new JsonObject { ["domain"] = domain, ["operation"] = operation, ["content"] = Content(content) };
        }

        return details;
    }

    private static JsonNode? Content(string content)
    {
        try
        {
            return JsonNode.Parse(content, documentOptions: s_json);
        }
        catch (JsonException)
        {
            return JsonValue.Create(content);
        }
    }

    private static JsonObject String(string text) => new() { ["string"] = text };

    private static string? TryUtf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
