using Nacre.Attestation.Policies;
using Nacre.Rego;

namespace Nacre.UnitTests.Attestation;

/// <summary>What a policy may add to a token (trust.md 3.7).</summary>
[Trait("Group", "TrustTokens")]
public sealed class PolicyExtensionTests
{
    private static readonly PolicyDocument s_policy = new("default_cpu", "package policy");

    [Fact]
    public void Extensions_are_added_by_name()
    {
        var extensions = PolicyExtensions.Parse(
            s_policy, RegoValue.Parse("""[{"name":"ear.a","key":-18,"value":{"x":1}},{"name":"b","key":7,"value":null}]"""));

        Assert.Equal(["ear.a", "b"], extensions.Select(extension => extension.Key));
        Assert.Equal("""{"x":1}""", extensions[0].Value!.ToJsonString());
        Assert.Empty(PolicyExtensions.Parse(s_policy, null));
    }

    [Theory]
    [InlineData("""{"name":"a","key":1,"value":1}""", "array")]
    [InlineData("""[{"name":"a","value":1}]""", "key")]
    [InlineData("""[{"key":9,"value":1}]""", "name")]
    [InlineData("""[{"name":"a","key":"9","value":1}]""", "32-bit")]
    [InlineData("""[{"name":"a","key":2147483648,"value":1}]""", "32-bit")]
    [InlineData("""[{"name":"a","key":1,"value":1}]""", "the key 1")]
    [InlineData("""[{"name":"a","key":4,"value":1}]""", "the key 4")]
    [InlineData("""[{"name":"a","key":9,"value":1},{"name":"b","key":9,"value":1}]""", "the key 9")]
    [InlineData("""[{"name":"a","key":8,"value":1},{"name":"a","key":9,"value":1}]""", "the name 'a'")]
    [InlineData("""[{"name":"ear.status","key":9,"value":"affirming"}]""", "the name 'ear.status'")]
    public void What_would_overwrite_or_is_none_is_an_error_of_the_policy(string json, string problem)
    {
        var refusal = Assert.Throws<PolicyResultException>(() => PolicyExtensions.Parse(s_policy, RegoValue.Parse(json)));

        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }
}
