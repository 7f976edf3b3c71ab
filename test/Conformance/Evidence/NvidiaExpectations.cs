using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Formats.X509;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>What manifests and parsed forms say of reports of NVIDIA devices. A member that is not known fails.</summary>
internal static class NvidiaExpectations
{
    public static void RequireReport(NvidiaReport report, IReadOnlyList<Certificate> chain, JsonProperty member)
    {
        var spdm = report.Spdm;
        switch (member.Name)
        {
            case "length": Assert.Equal(member.Value.GetInt32(), spdm.Raw.Length); break;
            case "request_nonce": Assert.Equal(member.Value.GetString(), Hex(spdm.RequestNonce)); break;
            case "response_nonce": Assert.Equal(member.Value.GetString(), Hex(spdm.ResponseNonce)); break;
            case "measurement_blocks": Assert.Equal(member.Value.GetInt32(), spdm.Blocks.Count); break;
            case "opaque_length": Assert.Equal(member.Value.GetInt32(), spdm.OpaqueData.Length); break;
            case "trailing_bytes": Assert.Equal(member.Value.GetInt32(), spdm.Padding); break;
            case "signature_verifies": Assert.Equal(member.Value.GetBoolean(), IsSigned(report, chain[0])); break;
            case "root_spki_sha256":
                Assert.Equal(member.Value.GetString(), VerificationKey.Digest(chain[^1].SubjectPublicKeyInfo.Span));
                break;
            case "chain":
                Assert.Equal(member.Value.EnumerateArray().Select(name => name.GetString()), chain.Select(one => one.Subject.CommonName));
                break;
            case "chain_links":
                Assert.Equal(
                    member.Value.EnumerateArray().Select(link => link.GetBoolean()),
                    chain.Zip(chain.Skip(1), (one, issuer) => CertificateIssuance.FindProblem(one, issuer) is null));
                break;
            case "opaque":
                var items = member.Value.EnumerateObject().ToArray();
                Assert.Equal(items.Length, report.Items.Count);
                Assert.All(items, item => RequireItem(report, Field(item.Name), item.Value.GetString()!));
                break;
            default: throw new InvalidDataException($"the expected value '{member.Name}' is not known");
        }
    }

    public static void RequireDevice(NvidiaDeviceEvidence device, string? nonce, JsonProperty member)
    {
        var report = device.Report;
        var chain = PemCertificates.Parse(device.Certificates);
        switch (member.Name)
        {
            case "arch": Assert.Equal(NvidiaArchitectures.Parse(member.Value.GetString()!), device.Architecture); break;
            case "nonce": Assert.Equal(member.Value.GetString(), nonce); break;
            case "nonce_matches": Assert.Equal(member.Value.GetBoolean(), Hex(report.Spdm.RequestNonce) == nonce); break;
            case "signature_verifies": Assert.Equal(member.Value.GetBoolean(), IsSigned(report, chain[0])); break;
            case "chain_ok":
                Assert.Equal(
                    member.Value.GetBoolean(),
                    chain.Zip(chain.Skip(1)).All(pair => CertificateIssuance.FindProblem(pair.First, pair.Second) is null));
                break;
            case "driver": Assert.Equal(member.Value.GetString(), report.DriverVersion); break;
            case "vbios": Assert.Equal(member.Value.GetString(), Hex(report.Find(NvidiaOpaqueField.VbiosVersion))); break;
            case "trailing_bytes": Assert.Equal(member.Value.GetInt32(), report.Spdm.Padding); break;
            default: throw new InvalidDataException($"the expected value '{member.Name}' is not known");
        }
    }

    /// <summary>The parsed form of a request or a response, as NVIDIA's SDK writes it in its tests.</summary>
    public static void RequireParsed(IEnumerable<NvidiaReport> reports, JsonObject parsed)
    {
        Assert.Equal("0x11", parsed["SPDMVersion"]!.GetValue<string>());
        var request = parsed["SlotIDParam"] is not null;
        Assert.Equal(request ? "0xe0" : "0x60", parsed["RequestResponseCode"]!.GetValue<string>());
        var nonce = Bytes(parsed["Nonce"]);
        Assert.Equal(32, nonce.Length);

        // The report itself may be in the part of the vectors that is not here.
        var report = reports.FirstOrDefault(one => (request ? one.Spdm.RequestNonce : one.Spdm.ResponseNonce).Span.SequenceEqual(nonce));
        if (report is null || request)
            return;

        Assert.Equal(parsed["MeasurementRecordLength"]!.GetValue<int>(), report.Spdm.RecordLength);
        Assert.Equal(parsed["OpaqueLength"]!.GetValue<int>(), report.Spdm.OpaqueData.Length);
        Assert.Equal(Bytes(parsed["Signature"]), report.Spdm.Signature.ToArray());
        var blocks = parsed["MeasurementRecord"]!["MeasurementBlocks"]!.AsObject();
        Assert.Equal(parsed["NumberOfBlocks"]!.GetValue<int>(), report.Spdm.Blocks.Count);
        Assert.Equal(blocks.Count, report.Spdm.Blocks.Count);
        foreach (var block in report.Spdm.Blocks)
        {
            var expected = blocks[block.Index.ToString(CultureInfo.InvariantCulture)]!;
            Assert.Equal(expected["DMTFSpecMeasurementValueType"]!.GetValue<int>(), block.Type);
            Assert.Equal(Bytes(expected["DMTFSpecMeasurementValue"]), block.Value.ToArray());
        }

        foreach (var (name, value) in parsed["OpaqueData"]!["OpaqueDataField"]!.AsObject())
            RequireParsedItem(report, name["OPAQUE_FIELD_ID_".Length..], value!);
    }

    private static void RequireParsedItem(NvidiaReport report, string name, JsonNode value)
    {
        var list = value is JsonArray array ? array.Select(one => one!.ToString()).ToArray() : [];
        switch (name)
        {
            case "MSRSCNT":
                var counts = report.Find(NvidiaOpaqueField.MeasurementCount)!.Chunk(4).Select(one => $"{BitConverter.ToUInt32(one)}");
                Assert.Equal(list, counts);
                break;
            case "SWITCH_GPU_PDIS":
                Assert.Equal(list, report.FindPdis(NvidiaOpaqueField.SwitchGpuPdis).Select(pdi => "0x" + Hex(pdi)));
                break;
            case "SWITCH_PORT":
                Assert.Equal(list, report.SwitchPorts!.Select(port => "0x" + Hex(new[] { port })));
                break;
            case "DISABLED_PORTS":
                // A bit for each four ports, the first the most significant.
                var bits = report.Find(NvidiaOpaqueField.FloorsweptPorts)!;
                Assert.Equal(list, Enumerable.Range(0, list.Length).Select(port => $"{bits[port / 32] >> (7 - port / 4 % 8) & 1}"));
                break;
            case "DEVICE_PDI": Assert.Equal(Bytes(value), report.Find(NvidiaOpaqueField.SwitchPdi)); break;
            case "SWITCH_LOCK_STATUS": Assert.Equal(Bytes(value), report.Find(NvidiaOpaqueField.LockSwitchStatus)); break;
            case "SWITCH_POSITION_ID": Assert.Equal(Bytes(value), report.Find(NvidiaOpaqueField.PositionId)); break;
            default: Assert.Equal(Bytes(value), report.Find(Field(name))); break;
        }
    }

    private static void RequireItem(NvidiaReport report, NvidiaOpaqueField field, string expected)
    {
        var isText = field is NvidiaOpaqueField.DriverVersion or NvidiaOpaqueField.ChipSku or NvidiaOpaqueField.ChipSkuMod
            or NvidiaOpaqueField.Project or NvidiaOpaqueField.ProjectSku or NvidiaOpaqueField.ChipInfo;
        var hex = Hex(report.Find(field));
        Assert.True(expected == hex || isText && expected == report.FindText(field), $"{field} is {hex}, expected {expected}");
    }

    // Names in capitals, or the number of an item that has no name there.
    private static NvidiaOpaqueField Field(string name) => name switch
    {
        "MSRSCNT" => NvidiaOpaqueField.MeasurementCount,
        "NVDEC0" => NvidiaOpaqueField.Nvdec0Status,
        _ => Enum.Parse<NvidiaOpaqueField>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
    };

    private static bool IsSigned(NvidiaReport report, Certificate leaf)
    {
        using var key = VerificationKey.Import(leaf.SubjectPublicKeyInfo.Span);
        return key.VerifyEcdsa(HashAlgorithmName.SHA384, report.Spdm.Signed.Span, report.Spdm.Signature.Span);
    }

    private static byte[] Bytes(JsonNode? hex) => Convert.FromHexString(hex!.GetValue<string>().AsSpan(2));

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
