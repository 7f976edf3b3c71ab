using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Tdx;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Files of Azure VMs: evidence, or one part of it. What a file is, is found by its content.</summary>
internal static class AzureDocument
{
    /// <summary>Where the TDREPORT begins in an HCL report.</summary>
    public const int TdReportOffset = 0x20;

    private const int SignatureSize = 256;

    public static bool IsEvidence(byte[] bytes) =>
        bytes.AsSpan().TrimStart(" \r\n\t"u8).StartsWith("{"u8) && JsonDocument.Parse(Unwrap(bytes)).RootElement is var root
        && (root.TryGetProperty("hcl_report", out _) || root.TryGetProperty("report", out _));

    /// <summary>The evidence inside another project's envelope.</summary>
    public static byte[] Unwrap(byte[] json)
    {
        var root = JsonDocument.Parse(json).RootElement;
        return root.TryGetProperty("platform", out _) ? Encoding.UTF8.GetBytes(root.GetProperty("evidence").GetRawText()) : json;
    }

    /// <summary>
    /// CPUSVN and MAC of the TDREPORT, in the base64 of the HCL report: only the processor could check them, and the quote says the former too.
    /// </summary>
    public static Range[] OnlyForTheProcessor(byte[] json)
    {
        var name = json.AsSpan().IndexOf("\"hcl_report\""u8) + "\"hcl_report\"".Length;
        var text = name + json.AsSpan(name).IndexOf((byte)'"') + 1;
        return [Base64(TdReportOffset + 16, TdReportOffset + 32), Base64(TdReportOffset + 224, TdReportOffset + 256)];

        Range Base64(int from, int to) => (text + from * 8 / 6)..(text + (to * 8 + 5) / 6);
    }

    public static Certificate Leaf(byte[] derOrPem) => derOrPem.AsSpan().StartsWith("-----BEGIN"u8)
        ? PemCertificates.Parse(Encoding.ASCII.GetString(derOrPem))[0] : Certificate.Parse(derOrPem);

    /// <summary>Reads one part by itself and asserts what can be said of it alone.</summary>
    public static void RequirePart(byte[] bytes)
    {
        var text = bytes.AsSpan().TrimStart(" \r\n\t"u8);
        if (text.StartsWith("HCLA"u8))
            RequireReport(HclReport.Parse(bytes));
        else if (text.StartsWith("-----BEGIN CERTIFICATE"u8))
            Assert.NotEmpty(PemCertificates.Parse(Encoding.ASCII.GetString(bytes)));
        else if (text.StartsWith("-----BEGIN"u8))
            RequireKey(Encoding.ASCII.GetString(bytes));
        else if (text.StartsWith("{"u8))
            RequireJson(bytes);
        else if (BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0xff544347)
            RequireQuote(bytes, pcrs: null);
        else if (bytes[0] == 0x30)
            Assert.StartsWith("ARK-", AmdRoot(Certificate.Parse(bytes)), StringComparison.Ordinal);
        else if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) == SignatureSize)
            RequireBincode(bytes);
        else if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) is 4 or 5 && bytes.Length > DcapQuote.HeaderSize + TdReport.Size10)
            Assert.Equal(TdReport.Size10, TdxEvidence.ParseQuote(bytes).Body.Length);
        else
            Assert.Equal(SignatureSize, bytes.Length);
    }

    private static string AmdRoot(Certificate certificate) =>
        certificate.Issuer.CommonName!.Replace("SEV-VLEK-", "ARK-", StringComparison.Ordinal)
            .Replace("SEV-", "ARK-", StringComparison.Ordinal);

    private static void RequireReport(HclReport report)
    {
        Assert.NotNull(HclRuntimeData.Parse(report.VariableData));
        if (report.Type == HclReportType.Tdx)
        {
            var bound = HclTdReport.Parse(report.HardwareReport).ReportData;
            var data = SHA256.HashData(report.VariableData.Span);
            Assert.True(bound[..data.Length].SequenceEqual(data), "the TDREPORT does not bind the runtime data");
        }
    }

    private static void RequireJson(byte[] bytes)
    {
        var root = JsonDocument.Parse(bytes).RootElement;
        if (root.TryGetProperty("pcrs", out var pcrs))
        {
            Assert.Equal(2 * SignatureSize, root.GetProperty("signature").GetString()!.Length);
            RequireQuote(Convert.FromHexString(root.GetProperty("message").GetString()!),
                [.. pcrs.EnumerateArray().Select(pcr => Convert.FromHexString(pcr.GetString()!))]);
        }
        else
        {
            Assert.Equal(SignatureSize, HclRuntimeData.Parse(bytes).AttestationKey.Modulus!.Length);
        }
    }

    // The form of az-cvm-vtpm: each list has its length before it, eight bytes, little endian.
    private static void RequireBincode(byte[] bytes)
    {
        var reader = new StructReader("bincode", bytes);
        var signature = reader.Bytes((int)reader.UInt64LE("length"), "signature");
        Assert.Equal(SignatureSize, signature.Length);
        var message = reader.Bytes((int)reader.UInt64LE("length"), "message").ToArray();
        var pcrs = new byte[(int)reader.UInt64LE("count")][];
        for (var i = 0; i < pcrs.Length; i++)
            pcrs[i] = reader.Bytes(AzureVtpmEvidence.PcrSize, "pcr").ToArray();
        reader.End();
        RequireQuote(message, pcrs);
    }

    private static void RequireQuote(byte[] message, byte[][]? pcrs)
    {
        var attest = TpmAttest.Parse(message);
        var selection = Assert.Single(attest.Selection);
        if (pcrs is null)
            return;

        Assert.Equal(TpmPcrSelection.AllSha256, selection);
        Assert.Equal(SHA256.HashData([.. pcrs.SelectMany(pcr => pcr)]), attest.PcrDigest.ToArray());
    }

    private static void RequireKey(string pem)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        Assert.Equal("RSA-2048", VerificationKey.Import(rsa.ExportSubjectPublicKeyInfo()).Kind);
    }
}
