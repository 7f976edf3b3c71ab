using System.Text.Json.Nodes;
using Nacre.Evidence;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>By which claims a program is known in one kind of TEE. What has no name here is given by its place among the claims.</summary>
/// <param name="Tests">By the names that owners use.</param>
/// <param name="IsClosedToHost">Whether the host cannot debug the program; null where claims do not say it.</param>
internal sealed record IdentityRules(
    IReadOnlyDictionary<string, ClaimTest> Tests, Func<JsonObject, bool>? IsClosedToHost)
{
    private const int SgxDebugBit = 0x02;

    private static readonly ClaimTest s_initData = new("/init_data", ClaimForm.Hex, 0);

    public static IReadOnlyDictionary<string, IdentityRules> ByTee { get; } = new Dictionary<string, IdentityRules>
    {
        [TeeNames.Sgx] = new(
            new Dictionary<string, ClaimTest>
            {
                ["mrenclave"] = new("/sgx/body/mr_enclave", ClaimForm.Hex, 2),
                ["mrsigner"] = new("/sgx/body/mr_signer", ClaimForm.Hex, 1),
                ["isvprodid"] = new("/sgx/body/isv_prod_id", ClaimForm.LittleEndian, 1),
                ["min_isvsvn"] = new("/sgx/body/isv_svn", ClaimForm.LittleEndianOrMore, 0),
                ["init_data"] = s_initData,
            },
            claims => IsSgxProduction(claims["body"]?["attributes.flags"])),
        [TeeNames.Tdx] = OfTdx(TeeNames.Tdx),
        [TeeNames.AzTdxVtpm] = OfTdx(TeeNames.AzTdxVtpm),
        [TeeNames.Snp] = WithMeasurement(
            "/snp/measurement", ClaimForm.Hex, "/snp/guest_svn", claims => Is(claims["policy_debug_allowed"], false)),
        [TeeNames.AzSnpVtpm] = WithMeasurement(
            "/az-snp-vtpm/measurement", ClaimForm.Base64, "/az-snp-vtpm/guest_svn", claims => Is(claims["policy_debug_allowed"], "false")),
        [TeeNames.Cca] = WithMeasurement("/cca/realm/cca-realm-initial-measurement", ClaimForm.Base64, null, null),
        [TeeNames.Csv] = WithMeasurement("/csv/measure", ClaimForm.Hex, null, claims => Is(claims["policy"]?["nodbg"], 1)),
        [TeeNames.Se] = WithMeasurement("/se/tag", ClaimForm.Hex, null, null),
        [TeeNames.Nitro] = WithMeasurement("/nitro/pcrs/0", ClaimForm.Hex, null, claims => Is(claims["debug"], false)),
        [TeeNames.Tpm] = new(new Dictionary<string, ClaimTest> { ["init_data"] = s_initData }, null),
        [TeeNames.Sample] = new(
            new Dictionary<string, ClaimTest>
            {
                ["measurement"] = new("/sample/launch_digest", ClaimForm.Text, 2),
                ["min_svn"] = new("/sample/svn", ClaimForm.NumberOrMore, 0),
                ["init_data"] = s_initData with { Form = ClaimForm.Base64 },
            },
            claims => Is(claims["debug"], false)),
    };

    private static IdentityRules OfTdx(string tee) => WithMeasurement(
        $"/{tee}/quote/body/mr_td", ClaimForm.Hex, null, claims => Is(claims["td_attributes"]?["debug"], false));

    private static IdentityRules WithMeasurement(string measurement, ClaimForm form, string? svn, Func<JsonObject, bool>? isClosed)
    {
        var tests = new Dictionary<string, ClaimTest> { ["measurement"] = new(measurement, form, 2), ["init_data"] = s_initData };
        if (svn is not null)
            tests["min_svn"] = new(svn, ClaimForm.NumberOrMore, 0);
        return new IdentityRules(tests, isClosed);
    }

    // A claim that is not there says nothing.
    private static bool Is(JsonNode? claim, JsonNode expected) => JsonNode.DeepEquals(claim, expected);

    private static bool IsSgxProduction(JsonNode? flags) =>
        flags is JsonValue value && value.TryGetValue<string>(out var hex) && hex.Length == 16
        && (Convert.FromHexString(hex)[0] & SgxDebugBit) == 0;
}
