using Nacre.Rego;

namespace Nacre.UnitTests.Rego;

/// <summary>Whether a member of data may be left out: only where no form of the language can reach it.</summary>
[Trait("Group", "Rego")]
public sealed class RegoDataMentionTests
{
    [Theory]
    [InlineData("allow if data.resource.labels.team == \"a\"")]
    [InlineData("allow if data[\"resource\"]")]
    [InlineData("allow if data[`resource`].labels")]
    [InlineData("allow if count([1 | data.resource.labels.a]) == 1")]
    [InlineData("allow if { $\"{data.resource.version}\" == \"1\" }")]
    [InlineData("allow if { $`a {$\"{data.resource.version}\"}` == \"a 1\" }")]
    [InlineData("allow if f(data.resource)\nf(x) if x.version == 1")]
    [InlineData("import data.resource\nallow if resource.version == 1")]
    [InlineData("import data.resource.labels as all\nallow if all.a")]
    [InlineData("default allow := false\nallow := true if {\n\tfalse\n} else := true if {\n\tdata.resource.version\n}")]
    [InlineData("x[data.resource.version] := 1\nallow if x[1]")]
    public void A_policy_that_may_look_at_it_is_known(string rules) => Assert.True(MayRead(rules));

    // A rule cannot ask for all of data, of which it is a part; but a test of it can replace all.
    [Fact]
    public void Data_as_a_whole_counts() => Assert.True(MayRead("allow if data.plugin\ntest_allow if allow with data as {\"plugin\": true}"));

    [Theory]
    [InlineData("allow if data.plugin == \"resource\"")]
    [InlineData("allow if data[\"resource-path\"][0] == \"default\"")]
    [InlineData("allow if { input.data.resource; input.resource }")]
    [InlineData("# data.resource\nallow if \"data.resource\" == `data.resource`")]
    [InlineData("allow if data.policy.resource\nresource if data.query.resource")]
    [InlineData("allow if { {\"data\": 1, \"resource\": 2}.data == 1 }")]
    public void Another_policy_is_not_taken_for_one(string rules) => Assert.False(MayRead(rules));

    private static bool MayRead(string rules) =>
        RegoProgram.Compile([new RegoSource("policy.rego", $"package policy\n{rules}\n")]).MayReadData("resource");
}
