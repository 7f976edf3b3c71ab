using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Plugins.Certificates;

namespace Nacre.UnitTests.KeyBroker.Plugins;

[Trait("Group", "TrustPlugins")]
public sealed class CertificateNameTests
{
    private static readonly NameLimits s_limits = new("example.org", ["svc.example.org"]);

    private static readonly JsonObject s_claims = JsonNode.Parse("""
        {
          "jti": "guest-1",
          "submods": { "cpu0": { "ear.veraison.annotated-evidence": {
            "sample": { "svn": "1", "list": ["a", "b"], "n": 7, "a/b": "slash", "flag": true },
            "init_data_claims": { "name": "vm-1", "evil": "../admin", "deep": "a/b", "dots": "..", "empty": "", "long": "LONG" } } } }
        }
        """.Replace("LONG", new string('x', 129), StringComparison.Ordinal))!.AsObject();

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("spiffe://example.org/vm/{init_data_claims/name}/{sample/svn}", "spiffe://example.org/vm/vm-1/1")]
    [InlineData("{/jti}.svc.example.org", "guest-1.svc.example.org")]
    [InlineData("{sample/list/1}-{sample/n}", "b-7")]
    [InlineData("{sample/a~1b}", "slash")]
    public void Claims_fill_a_template(string template, string expected) =>
        Assert.Equal(expected, ClaimTemplate.Parse(template).Fill(s_claims));

    [Theory]
    [InlineData("{init_data_claims/evil}")]
    [InlineData("{init_data_claims/deep}")]
    [InlineData("{init_data_claims/dots}")]
    [InlineData("{init_data_claims/empty}")]
    [InlineData("{init_data_claims/long}")]
    [InlineData("{init_data_claims/absent}")]
    [InlineData("{init_data_claims}")]
    [InlineData("{sample/flag}")]
    [InlineData("{sample/list/2}")]
    [InlineData("{sample/list/-1}")]
    [InlineData("{/}")]
    public void A_claim_that_is_no_part_of_a_name_is_refused(string template)
    {
        var refusal = Assert.Throws<ClaimRefusedException>(() => ClaimTemplate.Parse(template).Fill(s_claims));

        Assert.Contains(template, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("a}")]
    [InlineData("{}")]
    [InlineData("{a")]
    [InlineData("{a}}")]
    public void Braces_must_match(string template) => Assert.Throws<FormatException>(() => ClaimTemplate.Parse(template));

    [Theory]
    [InlineData("spiffe://example.org/vm/1", true)]
    [InlineData("spiffe://example.org/", false)]
    [InlineData("spiffe://example.org", false)]
    [InlineData("spiffe://example.org.evil.org/vm", false)]
    [InlineData("spiffe://evil.org/vm", false)]
    [InlineData("spiffe://example.org/a//b", false)]
    [InlineData("spiffe://example.org/a/../b", false)]
    [InlineData("spiffe://example.org/a?b", false)]
    [InlineData("https://example.org/a", false)]
    public void Ids_stay_in_the_trust_domain(string id, bool isGood) => Assert.Equal(isGood, s_limits.FindProblem(id) is null);

    [Theory]
    [InlineData("svc.example.org", true)]
    [InlineData("a.svc.example.org", true)]
    [InlineData("asvc.example.org", false)]
    [InlineData("example.org", false)]
    [InlineData("*.svc.example.org", false)]
    [InlineData("A.svc.example.org", false)]
    [InlineData("-.svc.example.org", false)]
    [InlineData(".svc.example.org", false)]
    public void Dns_names_stay_below_what_is_permitted(string name, bool isGood) => Assert.Equal(isGood, s_limits.AllowsDns(name));

    [Theory]
    [InlineData("""{"name":"a b","spiffe_id":"x"}""", "name: must be")]
    [InlineData("""{"name":"a","spiffe_id":"{"}""", "spiffe_id: ")]
    [InlineData("""{"name":"a"}""", "spiffe_id: is missing")]
    [InlineData("""{"name":"a","spiffe_id":"x","life_minutes":0}""", "life_minutes: must be")]
    [InlineData("""{"name":"a","spiffe_id":"x","life_minutes":1e9}""", "life_minutes: must be")]
    [InlineData("""{"name":"a","spiffe_id":"x","server":1}""", "server: must be")]
    [InlineData("""{"name":"a","spiffe_id":"x","dns":[1]}""", "dns: must be")]
    [InlineData("""{"name":"a","spiffe_id":"x","days":1}""", "days: is not a member")]
    public void A_profile_that_is_not_understood_is_refused(string json, string problem)
    {
        using var document = JsonDocument.Parse(json);
        var refusal = Assert.Throws<Nacre.Formats.MalformedDataException>(
            () => CertificateProfile.Parse(new JsonFields("profile", document.RootElement)));

        Assert.Contains(problem, $"{refusal.Field}: {refusal.Rule}", StringComparison.Ordinal);
    }
}
