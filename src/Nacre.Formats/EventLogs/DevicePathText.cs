using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Nacre.Formats.EventLogs;

/// <summary>UEFI device paths as text, in the spelling of upstream's claims (trust.md 3.10), which is near to that of the UEFI specification.</summary>
public static class DevicePathText
{
    private const int MaxNodes = 64;

    /// <summary>The nodes up to the end node.</summary>
    /// <exception cref="MalformedDataException">A length lies.</exception>
    public static IReadOnlyList<string> Parse(ReadOnlySpan<byte> path)
    {
        var nodes = new List<string>();
        var reader = new StructReader("uefi.device_path", path);
        while (reader.Remaining > 0)
        {
            var (type, subtype) = (reader.UInt8("type"), reader.UInt8("subtype"));
            var length = reader.UInt16LE("length");
            if (length < 4)
                throw reader.Malformed($"is {length}, at least 4 are needed");

            var body = reader.Bytes(length - 4, "node");
            if (type == 0x7f && subtype == 0xff)
                return nodes;

            if (nodes.Count == MaxNodes)
                throw reader.Malformed($"there are more than {MaxNodes} nodes");

            nodes.Add(Node(type, subtype, body) ?? $"Path({Text(type)},{Text(subtype)},{Convert.ToHexStringLower(body)})");
        }

        return nodes;
    }

    private static string? Node(byte type, byte subtype, ReadOnlySpan<byte> body) => (type, subtype, body.Length) switch
    {
        (1, 1, 2) => $"Pci({Text(body[0])},{Text(body[1])})",
        (2, 1, 8) => $"ACPI({EisaId(UInt32(body))},{Text(UInt32(body[4..]))})",
        (3, 0x05, 2) => $"USB({Text(body[0])},{Text(body[1])})",
        (3, 0x0b, 33) => $"Mac({Convert.ToHexString(body[..(body[32] <= 1 ? 6 : 32)])},0x{body[32].ToString("x", CultureInfo.InvariantCulture)})",
        (3, 0x0c, >= 15) => IPv4(body),
        (3, 0x15, 20) => $"FibreEx(0x{Convert.ToHexStringLower(body.Slice(4, 8))},0x{Convert.ToHexStringLower(body.Slice(12, 8))})",
        (4, 1, 38) => HardDrive(body),
        (4, 3, >= 16) => $"VenMedia({Guid(body)},{Convert.ToHexStringLower(body[16..])})",
        (4, 4, _) => $"File({Encoding.Unicode.GetString(body).TrimEnd('\0')})",
        (5, 1, >= 4) => $"BBS({Text(UInt16(body))},{Encoding.ASCII.GetString(body[4..]).TrimEnd('\0')},0x{UInt16(body[2..]).ToString("x", CultureInfo.InvariantCulture)})",
        _ => null,
    };

    private static string IPv4(ReadOnlySpan<byte> body)
    {
        var (local, remote) = (new IPAddress(body[..4]), new IPAddress(body[4..8]));
        var protocol = UInt16(body[12..]) switch { 6 => "TCP", 17 => "UDP", var other => Text(other) };
        var text = $"IPv4({remote},{protocol},{(body[14] == 0 ? "DHCP" : "Static")},{local}";
        return body.Length >= 23 ? $"{text},{new IPAddress(body[15..19])},{new IPAddress(body[19..23])})" : text + ")";
    }

    private static string HardDrive(ReadOnlySpan<byte> body)
    {
        var (number, start, size) = (UInt32(body), UInt64(body[4..]), UInt64(body[12..]));
        var (format, signature) = body[37] switch
        {
            2 => ("GPT", Guid(body[20..])),
            1 => ("MBR", $"0x{UInt32(body[20..]).ToString("x8", CultureInfo.InvariantCulture)}"),
            var other => (Text(other), Convert.ToHexStringLower(body[20..36])),
        };
        var range = start == 0 && size == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",0x{start:x},0x{size:x}");
        return $"HD({Text(number)},{format},{signature}{range})";
    }

    // Three letters of five bits, then the product number (UEFI specification, appendix of device paths).
    private static string EisaId(uint id)
    {
        var vendor = id & 0xffff;
        var letters = new string([Letter(vendor >> 10), Letter(vendor >> 5), Letter(vendor)]);
        return string.Create(CultureInfo.InvariantCulture, $"{letters}{id >> 16:X4}");
    }

    private static char Letter(uint bits) => (char)('A' - 1 + (bits & 0x1f));

    private static string Guid(ReadOnlySpan<byte> bytes) => new Guid(bytes[..16]).ToString("D").ToUpperInvariant();

    private static ushort UInt16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong UInt64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
