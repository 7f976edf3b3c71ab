using System.Buffers.Binary;
using System.Text;
using Nacre.Evidence.Csv;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.HygonDcu;

/// <summary>The report of one accelerator of Hygon (evidence.md 11.3). Reading it proves nothing.</summary>
public sealed record HygonDcuReport
{
    private const string Structure = "hygondcu.evidence.attestation_reports";
    private const int ChipIdSize = 16;
    private const int UserDataSize = 64;
    private const int MeasureSize = 32;
    private const int ReservedSize = 128;

    public required uint Version { get; init; }

    /// <summary>16 bytes: the serial number of the chip as text, and zeros.</summary>
    public required byte[] ChipId { get; init; }

    /// <summary>What the guest had it sign; 64 bytes.</summary>
    public required byte[] UserData { get; init; }

    public required byte[] Measure { get; init; }
    public required byte[] Reserved { get; init; }
    public required uint SignatureUsage { get; init; }
    public required uint SignatureAlgorithm { get; init; }
    public required HygonSignature Signature { get; init; }

    /// <summary>The serial number by which Hygon's service knows the chip; null if the id is no text.</summary>
    public string? SerialNumber => ChipId.AsSpan().TrimEnd((byte)0) is { Length: > 0 } text && !text.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e)
        ? Encoding.ASCII.GetString(text) : null;

    /// <summary>What <see cref="Signature"/> covers: the fields in their order, numbers little endian.</summary>
    public byte[] GetSigned()
    {
        var numbers = new byte[3 * sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(numbers, Version);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers.AsSpan(4), SignatureUsage);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers.AsSpan(8), SignatureAlgorithm);
        return [.. numbers[..4], .. ChipId, .. UserData, .. Measure, .. Reserved, .. numbers[4..]];
    }

    internal static HygonDcuReport Read(JsonFields json)
    {
        json.Only("body", "sig");
        var body = json.Object("body");
        body.Only("version", "chip_id", "user_data", "measure", "reserved", "sig_usage", "sig_algo");
        var signature = json.Object("sig");
        signature.Only("r", "s");
        return new()
        {
            Version = HygonCertificateJson.Number(body, "version"),
            ChipId = HygonCertificateJson.Bytes(body, "chip_id", ChipIdSize),
            UserData = HygonCertificateJson.Bytes(body, "user_data", UserDataSize),
            Measure = HygonCertificateJson.Bytes(body, "measure", MeasureSize),
            Reserved = HygonCertificateJson.Bytes(body, "reserved", ReservedSize),
            SignatureUsage = HygonCertificateJson.Number(body, "sig_usage"),
            SignatureAlgorithm = HygonCertificateJson.Number(body, "sig_algo"),
            Signature = ReadSignature(signature),
        };
    }

    private static HygonSignature ReadSignature(JsonFields fields)
    {
        var bytes = (byte[])[.. HygonCertificateJson.Bytes(fields, "r", HygonKey.FieldSize), .. HygonCertificateJson.Bytes(fields, "s", HygonKey.FieldSize)];
        var reader = new StructReader(Structure, bytes);
        return HygonSignature.Read(ref reader, "sig");
    }
}
