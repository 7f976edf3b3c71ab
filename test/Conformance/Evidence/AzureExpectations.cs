using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The expected values of evidence of Azure VMs, against what the code says. A value that is not known fails.</summary>
internal static class AzureExpectations
{
    /// <param name="evidence">As parsed.</param>
    /// <param name="verdict">What the verifier said of it.</param>
    /// <param name="expected">Of the manifest.</param>
    /// <param name="requireProcessor">Takes the members that speak of the processor's report; false for one that it does not know.</param>
    public static void Require(
        AzureVtpmEvidence evidence, Verdict verdict, JsonElement expected,
        Func<AzureVtpmEvidence, Verdict, string, JsonElement, bool> requireProcessor)
    {
        var hcl = evidence.HclReport;
        var attest = TpmAttest.Parse(evidence.Message);
        foreach (var member in expected.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "hcl" or "runtime_data" or "hcl_trailing":
                    RequireHeader(hcl, value);
                    break;
                case "var_data_sha256":
                    Assert.Equal(value.GetString(), Convert.ToHexStringLower(SHA256.HashData(hcl.VariableData.Span)));
                    break;
                case "user_data":
                    var userData = HclRuntimeData.Parse(hcl.VariableData).UserData!;
                    Assert.Equal(value.GetString(), Convert.ToHexString(userData), ignoreCase: true);
                    break;
                case "vm_configuration":
                    Assert.True(JsonNode.DeepEquals(
                        JsonNode.Parse(value.GetRawText()), JsonNode.Parse(hcl.VariableData.Span)!["vm-configuration"]));
                    break;
                case "nonce":
                    Assert.Equal(value.GetString(), Convert.ToHexStringLower(attest.ExtraData.Span));
                    break;
                case "pcr_selection":
                    Assert.Equal("0xb", Assert.Single(value.EnumerateArray())[0].GetString());
                    Assert.Equal(
                        Enumerable.Range(0, AzureVtpmEvidence.PcrCount), value[0][1].EnumerateArray().Select(pcr => pcr.GetInt32()));
                    Assert.Equal(TpmPcrSelection.AllSha256, Assert.Single(attest.Selection));
                    break;
                case "pcr8":
                    Assert.Equal(value.GetString(), Convert.ToHexStringLower(evidence.Pcrs[8]));
                    break;
                case "tpm_quote_signature":
                    RequireOutcome(verdict, "azure.quote.signature", value.GetBoolean());
                    break;
                case "pcr_digest_matches":
                    RequireOutcome(verdict, "azure.quote.pcr_digest", value.GetBoolean());
                    break;
                case "var_data_bound_to_report_data":
                    RequireOutcome(verdict, "azure.hcl.binding", value.GetBoolean());
                    break;
                default:
                    Assert.True(requireProcessor(evidence, verdict, member.Name, value),
                        $"the expected value '{member.Name}' is not known");
                    break;
            }
        }
    }

    public static void RequireOutcome(Verdict verdict, string id, bool passed) =>
        Assert.Equal(passed, verdict.Checks.Single(check => check.Id == id).Outcome == CheckOutcome.Passed);

    private static void RequireHeader(HclReport hcl, JsonElement expected)
    {
        const int RuntimeHeader = 20;
        foreach (var member in expected.EnumerateObject())
        {
            // The parser accepts nothing else behind the runtime data.
            if (member.Name == "all_zero")
            {
                Assert.True(member.Value.GetBoolean());
                continue;
            }

            var actual = member.Name switch
            {
                "version" when expected.TryGetProperty("var_len", out _) => 1,
                "version" => (long)hcl.Version,
                "report_size" => hcl.ReportSize,
                "length" => hcl.Length,
                "data_size" => hcl.VariableData.Length + RuntimeHeader,
                "report_type" => (long)hcl.Type,
                "hash_type" => hcl.Hash == HashAlgorithmName.SHA256 ? 1 : hcl.Hash == HashAlgorithmName.SHA384 ? 2 : 3,
                "var_len" => hcl.VariableData.Length,
                "bytes" => hcl.Length - hcl.ReportSize,
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };
            Assert.Equal(member.Value.ToString(), actual.ToString(CultureInfo.InvariantCulture));
        }
    }
}
