using Nacre.Rego;

namespace Nacre.UnitTests.Rego;

[Trait("Group", "Rego")]
public sealed class RegoExplainTests
{
    private const string Policy = """
        package policy

        default allow := false

        allow if {
            input.tee == "snp"
            trusted
        }

        trusted if {
            input.svn >= 3
            input.token == "t0p-secret"
        }
        """;

    [Theory]
    [InlineData("""{"tee":"tdx"}""", 6, "input.tee", "\"tdx\"")]
    [InlineData("""{"tee":"snp","svn":2}""", 11, "input.svn", "2")]
    [InlineData("""{"tee":"snp","svn":4}""", 12, "input.token", "undefined")]
    public void The_decisive_expression_is_named(string input, int line, string text, string value)
    {
        var explanation = Explain(new RegoInput { Input = RegoValue.Parse(input) });

        var failed = Assert.IsType<ExplainedExpression>(Innermost(explanation.Rules));
        Assert.Equal((line, new ExplainedValue(text, value)), (failed.Line, failed.Values[0]));
        Assert.Contains($"policy.rego:{line}:", explanation.Summary, StringComparison.Ordinal);
        Assert.Equal(RegoBool.False, explanation.Result);
    }

    [Fact]
    public void What_held_is_told_too()
    {
        var explanation = Explain(new RegoInput { Input = RegoValue.Parse("""{"tee":"snp","svn":4,"token":"t0p-secret"}""") });

        Assert.Equal("data.policy.allow is true: data.policy.allow held at policy.rego:5", explanation.Summary);
    }

    [Fact]
    public void Redacted_values_are_not_shown()
    {
        var input = new RegoInput { Input = RegoValue.Parse("""{"tee":"snp","svn":4,"token":"guess-42"}"""), Redact = ["input.token"] };

        Assert.DoesNotContain("guess-42", Explain(input).ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_that_cannot_exist_is_warned_of()
    {
        var program = RegoProgram.Compile([new RegoSource("policy.rego", "package p\nx if input.az_snp_vtpm.svn == 1")]);

        var warning = Assert.Single(program.CheckInput(RegoValue.Parse("""{"properties":{"az-snp-vtpm":{},"tdx":{}}}""")));
        Assert.Equal((2, "`input.az_snp_vtpm`: no such claim, did you mean `az-snp-vtpm`"), (warning.Line, warning.Message));
    }

    private static RegoExplanation Explain(RegoInput input) =>
        RegoProgram.Compile([new RegoSource("policy.rego", Policy)]).Prepare("data.policy.allow").Explain(input);

    private static ExplainedExpression? Innermost(IReadOnlyList<ExplainedRule> rules) =>
        rules.Select(rule => Innermost(rule.Below) ?? rule.Failed).FirstOrDefault(failed => failed is not null);
}
