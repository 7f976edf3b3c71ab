namespace Nacre.Formats.Spdm;

/// <summary>
/// A GET_MEASUREMENTS request of SPDM 1.1 followed by the signed MEASUREMENTS response to it (DMTF DSP0274 1.1.1, sections 10.11.1 and
/// 10.11.2). The signature covers both messages up to itself, as received. Reading it proves nothing.
/// </summary>
public sealed class SpdmMeasurements
{
    public const int MaxSize = 64 * 1024;
    public const int NonceSize = 32;

    private const string Structure = "spdm.measurements";
    private const byte Version = 0x11;
    private const byte GetMeasurements = 0xe0;
    private const byte Measurements = 0x60;
    private const byte SignatureRequested = 0x01;
    private const byte DmtfMeasurement = 0x01;

    // A device of CoCo's own tests sends one zero byte after the signature; more than a few would be another format.
    private const int MaxPadding = 15;

    private SpdmMeasurements(ReadOnlyMemory<byte> raw) => Raw = raw;

    /// <summary>Everything received, with the padding.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>MeasurementOperation of the request: 0xff asks for all blocks.</summary>
    public byte Operation { get; private init; }

    /// <summary>Of the certificate chain that was asked to sign.</summary>
    public byte Slot { get; private init; }

    /// <summary>Chosen by who asked.</summary>
    public ReadOnlyMemory<byte> RequestNonce { get; private init; }

    /// <summary>Chosen by the device.</summary>
    public ReadOnlyMemory<byte> ResponseNonce { get; private init; }

    /// <summary>In ascending order of their indices; none occurs twice.</summary>
    public required IReadOnlyList<SpdmMeasurementBlock> Blocks { get; init; }

    public int RecordLength { get; private init; }

    public ReadOnlyMemory<byte> OpaqueData { get; private init; }

    /// <summary>The request and the response without its signature.</summary>
    public ReadOnlyMemory<byte> Signed { get; private init; }

    public ReadOnlyMemory<byte> Signature { get; private init; }

    /// <summary>Count of zero bytes after the signature. They are not signed.</summary>
    public int Padding { get; private init; }

    /// <param name="raw">Request and response; kept, so the caller must not change it.</param>
    /// <param name="signatureSize">In bytes: the algorithm was negotiated before, and the messages do not repeat it.</param>
    /// <exception cref="MalformedDataException">The bytes are no such messages; the field says where.</exception>
    public static SpdmMeasurements Parse(ReadOnlyMemory<byte> raw, int signatureSize)
    {
        if (raw.Length > MaxSize)
            throw new MalformedDataException(Structure, "(messages)", 0, $"are {raw.Length} bytes long, at most {MaxSize} are allowed");

        var r = new StructReader(Structure, raw.Span);
        Require(ref r, Version, "request.version");
        Require(ref r, GetMeasurements, "request.code");
        Require(ref r, SignatureRequested, "request.attributes");
        var operation = r.UInt8("request.operation");
        r.Bytes(NonceSize, "request.nonce");
        var nonce = raw[(r.Offset - NonceSize)..r.Offset];
        var slot = r.UInt8("request.slot");

        Require(ref r, Version, "response.version");
        Require(ref r, Measurements, "response.code");
        r.Bytes(2, "response.parameters");
        var count = r.UInt8("response.number_of_blocks");
        var recordLength = r.UInt16LE("response.record_length") | r.UInt8("response.record_length") << 16;
        r.Bytes(recordLength, "response.record");
        var blocks = ReadBlocks(raw[(r.Offset - recordLength)..r.Offset], count);
        r.Bytes(NonceSize, "response.nonce");
        var responseNonce = raw[(r.Offset - NonceSize)..r.Offset];
        var opaqueLength = r.UInt16LE("response.opaque_length");
        r.Bytes(opaqueLength, "response.opaque_data");
        var opaque = raw[(r.Offset - opaqueLength)..r.Offset];
        var signed = raw[..r.Offset];
        r.Bytes(signatureSize, "response.signature");
        var signature = raw[signed.Length..r.Offset];

        var padding = r.Remaining;
        if (padding <= MaxPadding)
            r.Reserved(padding, "padding");
        r.End();
        return new(raw)
        {
            Operation = operation,
            Slot = slot,
            RequestNonce = nonce,
            ResponseNonce = responseNonce,
            Blocks = blocks,
            RecordLength = recordLength,
            OpaqueData = opaque,
            Signed = signed,
            Signature = signature,
            Padding = padding,
        };
    }

    private static List<SpdmMeasurementBlock> ReadBlocks(ReadOnlyMemory<byte> record, int count)
    {
        var r = new StructReader("spdm.measurement_record", record.Span);
        var blocks = new List<SpdmMeasurementBlock>(count);
        for (var i = 0; i < count; i++)
        {
            var index = r.UInt8("index");
            if (blocks.Count > 0 && index <= blocks[^1].Index)
                throw r.Malformed($"is {index} after {blocks[^1].Index}: each must be larger than the one before");

            if (r.UInt8("specification") != DmtfMeasurement)
                throw r.Malformed("must be 1 (DMTF)");

            var size = r.UInt16LE("size");
            var type = r.UInt8("value_type");
            var valueSize = r.UInt16LE("value_size");
            if (valueSize + 3 != size)
                throw r.Malformed($"is {valueSize} in a measurement of {size} bytes");

            r.Bytes(valueSize, "value");
            blocks.Add(new(index, type, record[(r.Offset - valueSize)..r.Offset]));
        }

        r.End();
        return blocks;
    }

    private static void Require(ref StructReader r, byte expected, string field)
    {
        var found = r.UInt8(field);
        if (found != expected)
            throw r.Malformed($"must be 0x{expected:x2}, is 0x{found:x2}");
    }
}

/// <param name="Index">From 1.</param>
/// <param name="Type">DMTFSpecMeasurementValueType: bit 7 is set for a raw bit stream, clear for a digest.</param>
/// <param name="Value">As received.</param>
public sealed record SpdmMeasurementBlock(byte Index, byte Type, ReadOnlyMemory<byte> Value);
