using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Plugins.Enclave;

namespace Nacre.UnitTests.KeyBroker.Enclave;

[Trait("Group", "TrustEnclave")]
public sealed class EnclaveIdentityTests
{
    private static readonly string s_signer = new('a', 64);
    private static readonly string s_enclave = new('b', 64);
    private static readonly string s_td = new('c', 96);

    [Fact]
    public void An_enclave_is_known_by_signer_product_and_least_version()
    {
        var identity = Parse($$"""{"tee":"sgx","mrsigner":"{{s_signer}}","isvprodid":258,"min_isvsvn":3}""");

        Assert.Null(identity.FindProblem(Sgx("0201", "0300")));
        Assert.Null(identity.FindProblem(Sgx("0201", "0001")));
        Assert.Contains("isv_svn", identity.FindProblem(Sgx("0201", "0200")), StringComparison.Ordinal);
        Assert.Contains("isv_prod_id", identity.FindProblem(Sgx("0102", "0300")), StringComparison.Ordinal);
        var other = Sgx("0201", "0300");
        other["sgx"]!["body"]!["mr_signer"] = new string('d', 64);
        Assert.Contains("mr_signer", identity.FindProblem(other), StringComparison.Ordinal);
        other["sgx"]!["body"]!.AsObject().Remove("mr_signer");
        Assert.Contains("absent", identity.FindProblem(other), StringComparison.Ordinal);
        Assert.NotNull(identity.FindProblem([]));
    }

    [Fact]
    public void A_program_that_its_host_may_debug_needs_leave()
    {
        var debugged = Sgx("0100", "0100", flags: "0700000000000000");

        Assert.Contains("debug", Parse($$"""{"tee":"sgx","mrenclave":"{{s_enclave}}"}""").FindProblem(debugged), StringComparison.Ordinal);
        Assert.Null(Parse($$"""{"tee":"sgx","mrenclave":"{{s_enclave}}","allow_debug":true}""").FindProblem(debugged));

        var td = Parse($$"""{"tee":"tdx","measurement":"{{s_td}}","init_data":"00"}""");
        Assert.Null(td.FindProblem(Tdx(false)));
        Assert.Contains("debug", td.FindProblem(Tdx(true)), StringComparison.Ordinal);

        // A claim that is missing proves nothing.
        var silent = Tdx(false);
        silent["tdx"]!.AsObject().Remove("td_attributes");
        Assert.NotNull(td.FindProblem(silent));
    }

    [Fact]
    public void Any_claim_can_be_part_of_an_identity()
    {
        var identity = Parse("""{"tee":"tpm","claims":{"/tpm/pcr08":"ff","/tpm/clock_safe":true,"/tpm/reset_count":7}}""");

        Assert.Null(identity.FindProblem(Tpm("ff", true, 7)));
        Assert.Contains("/tpm/pcr08", identity.FindProblem(Tpm("fe", true, 7)), StringComparison.Ordinal);
        Assert.NotNull(identity.FindProblem(Tpm("ff", false, 7)));
        Assert.NotNull(identity.FindProblem(Tpm("ff", true, 8)));
    }

    [Theory]
    [InlineData("""{"tee":"sev","measurement":"00"}""", "sev")]
    [InlineData("""{"tee":"sgx"}""", "mrenclave, or mrsigner with isvprodid, or claims")]
    [InlineData("""{"tee":"sgx","mrsigner":"00"}""", "any program")]
    [InlineData("""{"tee":"sgx","isvprodid":1,"min_isvsvn":1}""", "any program")]
    [InlineData("""{"tee":"sgx","mrenclave":"0G"}""", "hexadecimal")]
    [InlineData("""{"tee":"sgx","mrenclave":"AA"}""", "lower-case")]
    [InlineData("""{"tee":"sgx","mrenclave":""}""", "hexadecimal")]
    [InlineData("""{"tee":"sgx","mrenclave":"00","isvprodid":-1}""", "whole number")]
    [InlineData("""{"tee":"sgx","mrenclave":"00","isvprodid":65536}""", "whole number")]
    [InlineData("""{"tee":"sgx","mrenclave":"00","measurement":"00"}""", "is not known of sgx")]
    [InlineData("""{"tee":"sgx","mrenclave":"00","allow_debug":1}""", "true or false")]
    [InlineData("""{"tee":"tpm","init_data":"00"}""", "any program")]
    [InlineData("""{"tee":"tpm","claims":{"tpm/pcr08":"00"}}""", "JSON pointer")]
    [InlineData("""{"tee":"tpm","claims":{"/tpm/pcr24":"00"}}""", "is no claim of tpm")]
    [InlineData("""{"tee":"tpm","claims":{"/sgx/body/mr_enclave":"00"}}""", "is no claim of tpm")]
    [InlineData("""{"tee":"tpm","claims":{"/tpm/pcr08":["00"]}}""", "must be text")]
    public void What_names_no_program_is_refused(string json, string what) =>
        Assert.Contains(what, Assert.Throws<MalformedDataException>(() => Parse(json).RequireKnownClaims()).Message, StringComparison.Ordinal);

    [Fact]
    public void An_identity_is_written_as_it_was_read()
    {
        var text = $$$"""{"tee":"snp","measurement":"{{{s_td}}}","min_svn":2,"claims":{"/snp/vmpl":0}}""";

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(text), Parse(text).ToJson()));
    }

    private static EnclaveIdentity Parse(string json) => EnclaveIdentity.Parse(new JsonFields("test", JsonDocument.Parse(json).RootElement));

    private static JsonObject Sgx(string product, string svn, string flags = "0500000000000000") => new()
    {
        ["sgx"] = new JsonObject
        {
            ["body"] = new JsonObject
            {
                ["mr_enclave"] = s_enclave,
                ["mr_signer"] = s_signer,
                ["isv_prod_id"] = product,
                ["isv_svn"] = svn,
                ["attributes.flags"] = flags,
            },
        },
    };

    private static JsonObject Tdx(bool debug) => new()
    {
        ["init_data"] = "00",
        ["tdx"] = new JsonObject
        {
            ["quote"] = new JsonObject { ["body"] = new JsonObject { ["mr_td"] = s_td } },
            ["td_attributes"] = new JsonObject { ["debug"] = debug },
        },
    };

    private static JsonObject Tpm(string pcr, bool isSafe, int resets) => new()
    {
        ["tpm"] = new JsonObject { ["pcr08"] = pcr, ["clock_safe"] = isSafe, ["reset_count"] = resets },
    };
}
