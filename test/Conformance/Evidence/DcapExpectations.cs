using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Tdx;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Schemas;
using Nacre.Verifiers.Tdx;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The expected values of quotes, against what the code says. A value that is not known fails.</summary>
internal static class DcapExpectations
{
    public static void RequireQuote(DcapQuote quote, JsonElement expected, Verdict verdict)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "body" when quote.TeeType == DcapQuote.Tdx:
                    RequireTd(quote, value);
                    break;
                case "body":
                    RequireEnclave(SgxReportBody.Parse(quote.Body), value);
                    break;
                case "qe_report":
                    RequireEnclave(SgxReportBody.Parse(quote.QeReport), value);
                    break;
                case "td_attributes_bits":
                    RequireAttributes(TdReport.Parse(quote.Body).Attributes, value);
                    break;
                case "pck":
                    if (value.ValueKind == JsonValueKind.Object && quote.CertificationType == 5)
                        RequirePck(PckChainText.Parse(quote.CertificationData.Span), value);
                    break;
                case "crypto":
                    RequireCrypto(verdict, value, quote.CertificationType != 5
                        || IsRoot(PckChainText.Parse(quote.CertificationData.Span)[^1]));
                    break;
                default:
                    Assert.Equal($"{member.Name}={value}", $"{member.Name}={Plain(quote, member.Name)}");
                    break;
            }
        }
    }

    public static bool IsRoot(Certificate certificate) => certificate.Subject.Equals(certificate.Issuer);

    /// <summary>The checks of a verdict that a manifest names; one that was not made has not passed.</summary>
    /// <param name="verdict">With the checks.</param>
    /// <param name="expected">Of the manifest.</param>
    /// <param name="isInOrder">Whether the chain ends with its root: to the manifests one that does not is none.</param>
    public static void RequireCrypto(Verdict verdict, JsonElement expected, bool isInOrder = true)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var id = member.Name switch
            {
                "quote_sig" => "dcap.quote.signature",
                "qe_report_data" => "dcap.qe.report_data",
                "qe_report_sig" => "dcap.qe.signature",
                "chain" => "dcap.pck.chain",
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };
            var check = verdict.Checks.SingleOrDefault(check => check.Id == id);
            var passed = check?.Outcome == CheckOutcome.Passed && (isInOrder || member.Name != "chain");
            Assert.Equal($"{member.Name}={member.Value.GetBoolean()}", $"{member.Name}={passed}");
        }
    }

    private static object Plain(DcapQuote quote, string name) => name switch
    {
        "quote_version" => quote.Version,
        "attestation_key_type" => 2,
        "tee_type" => string.Create(CultureInfo.InvariantCulture, $"0x{quote.TeeType:x8}"),
        "length" => quote.Raw.Length,
        "auth_data_len_field" => quote.Raw.Length - quote.Trailing.Length - quote.Signed.Length - 4,
        "trailing_bytes" => quote.Trailing.Length,
        "trailing_all_zero" => !quote.Trailing.ContainsAnyExcept((byte)0),
        "body_type" => quote.BodyType,
        "body_size" => quote.Body.Length,
        "header_user_data" => Convert.ToHexStringLower(quote.Header[28..]),
        "cert_data_type" => quote.CertificationType,
        "qe_auth_data_len" => quote.QeAuthData.Length,
        "debug" => quote.TeeType == DcapQuote.Tdx ? TdReport.Parse(quote.Body).Attributes.IsUnderDebug
            : SgxReportBody.Parse(quote.Body).IsDebug,
        _ => throw new InvalidDataException($"the expected value '{name}' is not known"),
    };

    private static void RequireTd(DcapQuote quote, JsonElement expected)
    {
        var body = Claim<TdReport>.ToJson(TdxClaimList.Report, TdReport.Parse(quote.Body));
        foreach (var field in expected.EnumerateObject())
        {
            var claim = field.Name switch
            {
                "tee_tcb_svn" => "tcb_svn",
                "rtmr0" or "rtmr1" or "rtmr2" or "rtmr3" => $"rtmr_{field.Name[4]}",
                _ => field.Name,
            };
            Assert.Equal($"{field.Name}={field.Value.GetString()}", $"{field.Name}={body[claim]}");
        }
    }

    private static void RequireAttributes(TdAttributes attributes, JsonElement expected)
    {
        foreach (var bit in expected.EnumerateObject())
        {
            var actual = bit.Name switch
            {
                "DEBUG" => (attributes.Value & 1) != 0,
                "SEPT_VE_DISABLE" => attributes.SeptVeDisable,
                "MIGRATABLE" => attributes.IsMigratable,
                "PKS" => attributes.ProtectionKeys,
                "KL" => attributes.KeyLocker,
                "PERFMON" => attributes.PerformanceMonitoring,
                _ => throw new InvalidDataException($"the attribute '{bit.Name}' is not known"),
            };
            Assert.Equal($"{bit.Name}={bit.Value}", $"{bit.Name}={(actual ? 1 : 0)}");
        }
    }

    private static void RequireEnclave(SgxReportBody body, JsonElement expected)
    {
        foreach (var field in expected.EnumerateObject())
        {
            var actual = field.Name switch
            {
                "cpu_svn" => Convert.ToHexStringLower(body.CpuSvn),
                "misc_select" => Convert.ToHexStringLower(body.MiscSelect),
                "attributes" => Convert.ToHexStringLower(body.Attributes),
                "mr_enclave" => Convert.ToHexStringLower(body.MrEnclave),
                "mr_signer" => Convert.ToHexStringLower(body.MrSigner),
                "config_id" => Convert.ToHexStringLower(body.ConfigId),
                "isv_prod_id" => $"{body.IsvProdId}",
                "isv_svn" => $"{body.IsvSvn}",
                "config_svn" => $"{System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(body.ConfigSvn)}",
                "report_data" => Convert.ToHexStringLower(body.ReportData),
                _ => "(unknown)",
            };
            Assert.Equal($"{field.Name}={field.Value}", $"{field.Name}={actual}");
        }
    }

    private static void RequirePck(IReadOnlyList<Certificate> chain, JsonElement expected)
    {
        var leaf = chain.Single(certificate => certificate.Subject.CommonName is "Intel SGX PCK Certificate");
        var pck = PckExtensions.Parse(leaf);
        foreach (var member in expected.EnumerateObject())
        {
            JsonNode? actual = member.Name switch
            {
                "fmspc" => Json(Convert.ToHexStringLower(pck.Fmspc)),
                "pceid" => Json(Convert.ToHexStringLower(pck.PceId)),
                "ppid" => Json(Convert.ToHexStringLower(pck.Ppid)),
                "cpusvn" => Json(Convert.ToHexStringLower(pck.CpuSvn)),
                "tcb_components" => new JsonArray([.. pck.ComponentSvns.Select(svn => (JsonNode)(int)svn)]),
                "pcesvn" => (int)pck.PceSvn,
                "sgx_type" => pck.SgxType,
                "platform_instance_id" => pck.PlatformInstanceId is { } instance ? Json(Convert.ToHexStringLower(instance)) : null,
                "configuration" => Configuration(pck),
                "serial" => Json(leaf.SerialNumber.ToString("x", CultureInfo.InvariantCulture).TrimStart('0')),
                "not_before" => Json(Time(leaf.NotBefore)),
                "not_after" => Json(Time(leaf.NotAfter)),
                "chain" => new JsonArray([.. chain.Select(certificate => (JsonNode)certificate.Subject.CommonName!)]),
                "root_spki_sha256" => Json(VerificationKey.Digest(chain[^1].SubjectPublicKeyInfo.Span)),
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };
            var wanted = JsonNode.Parse(member.Value.GetRawText());
            Assert.True(JsonNode.DeepEquals(wanted, actual),
                $"{member.Name}: expected {member.Value.GetRawText()}, found {actual?.ToJsonString() ?? "null"}");
        }
    }

    private static JsonObject Configuration(PckExtensions pck) => pck.PlatformInstanceId is null ? [] : new()
    {
        ["dynamicPlatform"] = pck.DynamicPlatform,
        ["cachedKeys"] = pck.CachedKeys,
        ["smtEnabled"] = pck.SmtEnabled,
    };

    private static JsonValue Json(string text) => JsonValue.Create(text);

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss+00:00", CultureInfo.InvariantCulture);
}
