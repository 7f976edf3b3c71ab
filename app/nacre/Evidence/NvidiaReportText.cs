using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Formats.X509;

namespace Nacre.Cli.Evidence;

/// <summary>
/// The fields of the reports of NVIDIA devices; those of the second and later ones have the number of the device before
/// them.
/// </summary>
internal static class NvidiaReportText
{
    public static JsonObject Fields(IReadOnlyList<NvidiaDeviceEvidence> devices)
    {
        var fields = new JsonObject();
        for (var i = 0; i < devices.Count; i++)
            Add(fields, devices.Count == 1 ? "" : $"{i.ToString(CultureInfo.InvariantCulture)}.", devices[i]);
        return fields;
    }

    private static void Add(JsonObject fields, string prefix, NvidiaDeviceEvidence device)
    {
        var report = device.Report;
        fields[prefix + "arch"] = device.Architecture?.Name();
        fields[prefix + "uuid"] = device.Uuid ?? "(not sent)";
        fields[prefix + "certificates"] = string.Join(" ← ", PemCertificates.Parse(device.Certificates).Select(one => one.Subject));
        fields[prefix + "driver_version"] = report.DriverVersion ?? "(none)";
        fields[prefix + "vbios_version"] = report.VbiosVersion ?? "(none)";
        fields[prefix + "request_nonce"] = Hex(report.Spdm.RequestNonce.Span);
        fields[prefix + "response_nonce"] = Hex(report.Spdm.ResponseNonce.Span);
        foreach (var (type, data) in report.Items)
            fields[$"{prefix}opaque.{(NvidiaOpaqueField)type}"] = Hex(data.Span);
        foreach (var block in report.Spdm.Blocks)
            fields[$"{prefix}measurement.{block.Index.ToString(CultureInfo.InvariantCulture)}"] = Hex(block.Value.Span);
        fields[prefix + "signature"] = Hex(report.Spdm.Signature.Span);
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
