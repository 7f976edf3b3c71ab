using System.Buffers.Binary;
using System.Text.Json;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Snp;

/// <summary>
/// Puts the 1184 bytes together from the fields that upstream's guests send (guest.md 1.8). A member that is not known could not be covered
/// by the signature, so it is refused.
/// </summary>
internal static class SnpReportJson
{
    public static byte[] ToBytes(JsonFields report)
    {
        report.Only(
            "version", "guest_svn", "policy", "family_id", "image_id", "vmpl", "sig_algo", "current_tcb", "plat_info", "key_info", "report_data",
            "measurement", "host_data", "id_key_digest", "author_key_digest", "report_id", "report_id_ma", "reported_tcb", "cpuid_fam_id",
            "cpuid_mod_id", "cpuid_step", "chip_id", "committed_tcb", "current", "committed", "launch_tcb", "launch_mit_vector",
            "current_mit_vector", "signature");

        var raw = new byte[SnpReport.Size];
        var version = UInt32(report, "version", raw.AsSpan(0x000));
        UInt32(report, "guest_svn", raw.AsSpan(0x004));
        UInt64(report, "policy", raw.AsSpan(0x008));
        Copy(report, "family_id", raw.AsSpan(0x010, 16));
        Copy(report, "image_id", raw.AsSpan(0x020, 16));
        UInt32(report, "vmpl", raw.AsSpan(0x030));
        UInt32(report, "sig_algo", raw.AsSpan(0x034));
        UInt64(report, "plat_info", raw.AsSpan(0x040));
        UInt32(report, "key_info", raw.AsSpan(0x048));
        Copy(report, "report_data", raw.AsSpan(0x050, 64));
        Copy(report, "measurement", raw.AsSpan(0x090, 48));
        Copy(report, "host_data", raw.AsSpan(0x0c0, 32));
        Copy(report, "id_key_digest", raw.AsSpan(0x0e0, 48));
        Copy(report, "author_key_digest", raw.AsSpan(0x110, 48));
        Copy(report, "report_id", raw.AsSpan(0x140, 32));
        Copy(report, "report_id_ma", raw.AsSpan(0x160, 32));
        Copy(report, "chip_id", raw.AsSpan(0x1a0, 64));

        var hasCpuid = WriteCpuid(report, version, raw.AsSpan(0x188, 3));
        var product = hasCpuid ? SnpProducts.FromCpuid(raw[0x188], raw[0x189]) ?? SnpProduct.Milan
            : report.Object("reported_tcb").Find("fmc") is null ? SnpProduct.Milan : SnpProduct.Turin;
        Tcb(report, "current_tcb", product, raw.AsSpan(0x038, 8));
        Tcb(report, "reported_tcb", product, raw.AsSpan(0x180, 8));
        Tcb(report, "committed_tcb", product, raw.AsSpan(0x1e0, 8));
        Tcb(report, "launch_tcb", product, raw.AsSpan(0x1f0, 8));
        Firmware(report.Object("current"), raw.AsSpan(0x1e8, 3));
        Firmware(report.Object("committed"), raw.AsSpan(0x1ec, 3));

        if (report.Find("launch_mit_vector") is not null)
            UInt64(report, "launch_mit_vector", raw.AsSpan(0x1f8));
        if (report.Find("current_mit_vector") is not null)
            UInt64(report, "current_mit_vector", raw.AsSpan(0x200));

        var signature = report.Object("signature");
        signature.Only("r", "s");
        Copy(signature, "r", raw.AsSpan(0x2a0, 72));
        Copy(signature, "s", raw.AsSpan(0x2e8, 72));
        return raw;
    }

    /// <summary>A byte string written as an array of numbers.</summary>
    public static byte[] Bytes(JsonFields fields, string name, int min, int max)
    {
        var value = fields.Any(name);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is var length && (length < min || length > max))
            throw fields.Malformed(name, min == max ? $"must be an array of {max} numbers" : $"must be an array of at most {max} numbers");

        var bytes = new byte[value.GetArrayLength()];
        var i = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out bytes[i++]))
                throw fields.Malformed($"{name}[{i - 1}]", "must be a number from 0 to 255");
        }

        return bytes;
    }

    private static void Copy(JsonFields fields, string name, Span<byte> output) => Bytes(fields, name, output.Length, output.Length).CopyTo(output);

    private static bool WriteCpuid(JsonFields report, uint version, Span<byte> output)
    {
        var named = report.Find("cpuid_fam_id") is not null;
        foreach (var name in (ReadOnlySpan<string>)["cpuid_mod_id", "cpuid_step"])
        {
            if (report.Find(name) is not null != named)
                throw report.Malformed(name, "must be there exactly when cpuid_fam_id is");
        }

        if (named != version >= 3)
            throw report.Malformed("cpuid_fam_id", "must be there exactly from version 3 on");

        if (named)
            (output[0], output[1], output[2]) = (Byte(report, "cpuid_fam_id"), Byte(report, "cpuid_mod_id"), Byte(report, "cpuid_step"));

        return named;
    }

    private static void Tcb(JsonFields report, string name, SnpProduct product, Span<byte> output)
    {
        var fields = report.Object(name);
        fields.Only("fmc", "bootloader", "tee", "snp", "microcode");
        if (fields.Find("fmc") is not null != (product == SnpProduct.Turin))
            throw fields.Malformed("fmc", "must be there exactly from Turin on");

        var fmc = product == SnpProduct.Turin ? Byte(fields, "fmc") : (byte?)null;
        new SnpTcb(fmc, Byte(fields, "bootloader"), Byte(fields, "tee"), Byte(fields, "snp"), Byte(fields, "microcode")).Write(output, product);
    }

    private static void Firmware(JsonFields fields, Span<byte> output)
    {
        fields.Only("major", "minor", "build");
        (output[0], output[1], output[2]) = (Byte(fields, "build"), Byte(fields, "minor"), Byte(fields, "major"));
    }

    private static byte Byte(JsonFields fields, string name) =>
        fields.Any(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetByte(out var number)
            ? number : throw fields.Malformed(name, "must be a number from 0 to 255");

    private static uint UInt32(JsonFields fields, string name, Span<byte> output)
    {
        if (fields.Any(name) is not { ValueKind: JsonValueKind.Number } value || !value.TryGetUInt32(out var number))
            throw fields.Malformed(name, "must be a number of 32 bits");

        BinaryPrimitives.WriteUInt32LittleEndian(output, number);
        return number;
    }

    private static void UInt64(JsonFields fields, string name, Span<byte> output)
    {
        if (fields.Any(name) is not { ValueKind: JsonValueKind.Number } value || !value.TryGetUInt64(out var number))
            throw fields.Malformed(name, "must be a number of 64 bits");

        BinaryPrimitives.WriteUInt64LittleEndian(output, number);
    }
}
