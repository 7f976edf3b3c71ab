using System.Text;
using Nacre.Formats;
using Nacre.Formats.EventLogs;

namespace Nacre.Evidence.EventLogs;

/// <summary>What the data of an event says, by type (trust.md 3.10); all null for other types, and for data that does not parse.</summary>
public sealed record UefiEventDetails
{
    /// <summary>Tag of the attestation agent's own events, "AAEL" in ASCII.</summary>
    private const uint AgentTag = 0x4141454c;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly UefiEventDetails s_none = new();

    /// <summary>Data that is text.</summary>
    public string? Text { get; init; }

    /// <summary>A variable of the firmware.</summary>
    public UefiVariable? Variable { get; init; }

    /// <summary>Where an application was loaded from, as UEFI writes device paths.</summary>
    public IReadOnlyList<string>? DevicePaths { get; init; }

    /// <summary>What the attestation agent recorded; <see cref="Text"/> has the same as one text.</summary>
    public AgentEvent? Agent { get; init; }

    /// <summary>Never throws: the digest of an event is what counts; data that does not parse has no details.</summary>
    /// <param name="type">See <see cref="TcgEventType"/>.</param>
    /// <param name="data">That of the event.</param>
    public static UefiEventDetails Read(uint type, ReadOnlySpan<byte> data)
    {
        try
        {
            return Parse(type, data);
        }
        catch (MalformedDataException)
        {
            return s_none;
        }
    }

    private static UefiEventDetails Parse(uint type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case TcgEventType.PostCode or TcgEventType.Action or TcgEventType.CompactHash or TcgEventType.OmitBootDeviceEvents
                or TcgEventType.EfiAction:
                return TryUtf8(data) is { } text ? OfText(text) : s_none;
            case TcgEventType.EfiPlatformFirmwareBlob2 or TcgEventType.EfiHandoffTables2:
                return ReadBlob(data);
            case TcgEventType.PlatformConfigFlags:
                var flags = (TryUtf8(data) ?? "").Replace('\u0010', ' ');
                return OfText(string.Concat(flags.Where(c => !char.IsControl(c))));
            case TcgEventType.EfiVariableDriverConfig or TcgEventType.EfiVariableBoot or TcgEventType.EfiVariableBoot2
                or TcgEventType.EfiVariableAuthority:
                return ReadVariable(data);
            case TcgEventType.EfiBootServicesApplication:
                return ReadApplication(data);
            case TcgEventType.Ipl:
                return OfText(Ipl(data));
            case TcgEventType.EventTag:
                return ReadTag(data);
            default:
                return s_none;
        }
    }

    // The length counts the NUL that ends the text.
    private static UefiEventDetails ReadBlob(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data[0] == 0 || data[0] > data.Length)
            return s_none;

        return TryUtf8(data[1..data[0]]) is { } text ? OfText(text) : s_none;
    }

    private static UefiEventDetails ReadVariable(ReadOnlySpan<byte> data)
    {
        var reader = new StructReader("uefi.variable", data);
        var guid = Convert.ToHexStringLower(reader.Bytes(16, "variable_name"));
        var nameLength = reader.UInt64LE("unicode_name_length");
        var dataLength = reader.UInt64LE("variable_data_length");
        if (nameLength > (ulong)reader.Remaining / 2 || dataLength > (ulong)reader.Remaining - 2 * nameLength)
            throw reader.Malformed("the lengths are more than there is");

        var name = Encoding.Unicode.GetString(reader.Bytes(2 * (int)nameLength, "unicode_name"));
        var value = reader.Bytes((int)dataLength, "variable_data");
        var id = $"{guid[..8]}-{guid[8..12]}-{guid[12..16]}-{guid[16..20]}-{guid[20..]}";
        return new() { Variable = new(name, value.ToArray(), id) };
    }

    private static UefiEventDetails ReadApplication(ReadOnlySpan<byte> data)
    {
        var reader = new StructReader("uefi.image_load_event", data);
        reader.Bytes(24, "location");
        var length = reader.UInt64LE("device_path_length");
        if (length > (ulong)reader.Remaining)
            throw reader.Malformed($"is {length}, {reader.Remaining} bytes are left");

        var paths = DevicePathText.Parse(reader.Bytes((int)length, "device_path"));
        return paths.Count == 0 ? s_none : new() { DevicePaths = paths };
    }

    private static string Ipl(ReadOnlySpan<byte> data)
    {
        if (data.Length >= 4 && data[0] == 0x2e && data[1] == 0)
            return Encoding.Unicode.GetString(data[2..^2]);

        var end = data.IndexOf((byte)0);
        return TryUtf8(end < 0 ? data : data[..end]) ?? Convert.ToHexStringLower(data);
    }

    private static UefiEventDetails ReadTag(ReadOnlySpan<byte> data)
    {
        var reader = new StructReader("uefi.tagged_event", data);
        var id = reader.UInt32LE("id");
        var size = reader.UInt32LE("size");
        if (size > (uint)reader.Remaining)
            throw reader.Malformed($"is {size}, {reader.Remaining} bytes are left");

        var text = Encoding.UTF8.GetString(reader.Bytes((int)size, "data")).Replace("\0", "", StringComparison.Ordinal);
        return id == AgentTag && text.Split(' ', 3) is [var domain, var operation, var content]
            ? new() { Text = text, Agent = new(domain, operation, content) } : OfText(text);
    }

    private static UefiEventDetails OfText(string text) => new() { Text = text };

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

/// <summary>A variable of the firmware.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Data">Its value.</param>
/// <param name="Guid">Whose it is, the digits in the order of the bytes.</param>
public sealed record UefiVariable(string Name, byte[] Data, string Guid);

/// <summary>An event of the attestation agent (AAEL).</summary>
/// <param name="Domain">Who wrote it.</param>
/// <param name="Operation">What was done.</param>
/// <param name="Content">With what: JSON, or text.</param>
public sealed record AgentEvent(string Domain, string Operation, string Content);
