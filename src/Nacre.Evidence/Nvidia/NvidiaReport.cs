using System.Buffers;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Spdm;

namespace Nacre.Evidence.Nvidia;

/// <summary>
/// The attestation report of an NVIDIA GPU or NVSwitch (evidence.md 13.1): SPDM measurements, signed with ECDSA P-384, with NVIDIA's items
/// <c>{type u16, size u16, data}</c> as opaque data. Parsed is not verified.
/// </summary>
public sealed class NvidiaReport
{
    public const int MaxSize = SpdmMeasurements.MaxSize;
    public const int SignatureSize = 96;
    public const int FwidSize = 48;

    private const string Structure = "nvidia.opaque_data";
    private const int PdiSize = 8;

    // A switch names eight GPUs, and then for each of its 64 ports which of them is there.
    private const int LinkedGpus = 8 * PdiSize;

    private static readonly SearchValues<byte> s_versionText = SearchValues.Create("0123456789ABCDEFabcdef."u8);

    private readonly SortedDictionary<ushort, ReadOnlyMemory<byte>> _items;

    private NvidiaReport(SpdmMeasurements spdm, SortedDictionary<ushort, ReadOnlyMemory<byte>> items) => (Spdm, _items) = (spdm, items);

    public SpdmMeasurements Spdm { get; }

    /// <summary>Types and data of the opaque items, in the order of their types.</summary>
    public IReadOnlyDictionary<ushort, ReadOnlyMemory<byte>> Items => _items;

    /// <summary>Such as <c>550.90.07</c>; null when the device has no driver in the guest (a switch).</summary>
    public string? DriverVersion => FindText(NvidiaOpaqueField.DriverVersion);

    /// <summary>Such as <c>96.00.9f.00.01</c>; null when the report does not say.</summary>
    public string? VbiosVersion => Find(NvidiaOpaqueField.VbiosVersion) is { } bytes ? FormatVbios(bytes) : null;

    /// <summary>The data of an item; null when the report has no such item.</summary>
    public byte[]? Find(NvidiaOpaqueField field) => _items.TryGetValue((ushort)field, out var data) ? data.ToArray() : null;

    /// <summary>An item as text without the zeros that end it; null when there is none, or when it is no printable ASCII.</summary>
    public string? FindText(NvidiaOpaqueField field)
    {
        if (Find(field) is not { } bytes)
            return null;

        var text = bytes.AsSpan().TrimEnd((byte)0);
        return text.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e) ? null : Encoding.ASCII.GetString(text);
    }

    /// <summary>Identifiers of devices, in the order and with the repetitions of the report; none when it does not say.</summary>
    public IReadOnlyList<byte[]> FindPdis(NvidiaOpaqueField field) =>
        [.. (Find(field) ?? []).Take(field == NvidiaOpaqueField.SwitchGpuPdis ? LinkedGpus : int.MaxValue).Chunk(PdiSize)];

    /// <summary>The port map of a switch that follows the identifiers of its GPUs; null when it does not say.</summary>
    public byte[]? SwitchPorts => Find(NvidiaOpaqueField.SwitchGpuPdis)?[LinkedGpus..];

    /// <exception cref="MalformedDataException">The bytes are no such report; the field says where.</exception>
    public static NvidiaReport Parse(ReadOnlyMemory<byte> raw)
    {
        var spdm = SpdmMeasurements.Parse(raw, SignatureSize);
        var items = new SortedDictionary<ushort, ReadOnlyMemory<byte>>();
        var r = new StructReader(Structure, spdm.OpaqueData.Span);
        while (r.Remaining > 0)
        {
            var type = r.UInt16LE("type");
            if (type == (ushort)NvidiaOpaqueField.Invalid)
                throw r.Malformed("is 255, which stands for an invalid item");

            // Whoever read the first and whoever read the second of a pair would not agree.
            if (items.ContainsKey(type))
                throw r.Malformed($"{type} occurs twice");

            var size = r.UInt16LE("size");
            r.Bytes(size, "data");
            RequireSize(ref r, (NvidiaOpaqueField)type, size);
            items.Add(type, spdm.OpaqueData[(r.Offset - size)..r.Offset]);
        }

        return new(spdm, items);
    }

    private static void RequireSize(ref StructReader r, NvidiaOpaqueField field, int size)
    {
        var fits = field switch
        {
            NvidiaOpaqueField.Fwid => size == FwidSize,
            NvidiaOpaqueField.MeasurementCount => size % sizeof(uint) == 0,
            NvidiaOpaqueField.SwitchPdi => size % PdiSize == 0,
            NvidiaOpaqueField.SwitchGpuPdis => size >= LinkedGpus,
            NvidiaOpaqueField.VbiosVersion => size > 0,
            NvidiaOpaqueField.OpaqueDataVersion or NvidiaOpaqueField.FeatureFlag => size is > 0 and <= sizeof(ulong),
            _ => true,
        };
        if (!fits)
            throw r.Malformed($"has {size} bytes, which no {field} has");
    }

    // A GPU sends numbers: the first half, reversed, then the byte at the middle. A switch sends the text itself.
    private static string FormatVbios(byte[] bytes)
    {
        var text = bytes.AsSpan().TrimEnd((byte)0);
        if (text.Contains((byte)'.') && !text.ContainsAnyExcept(s_versionText))
            return Encoding.ASCII.GetString(text);

        var half = bytes.Length / 2;
        return string.Join('.', bytes[..half].Reverse().Append(bytes[half]).Select(number => number.ToString("x2", null)));
    }
}
