using Nacre.KeyBroker.Admin;

namespace Nacre.UnitTests.KeyBroker;

/// <summary>Upstream's rules for administrators (trust.md 2.10).</summary>
[Trait("Group", "TrustAdmin")]
public sealed class AdminAclTests
{
    [Theory]
    [InlineData("^/kbs/.+$", "admin", "/kbs/v0/resource/a/b/c", true)]
    [InlineData("^/kbs/.+$", "other", "/kbs/v0/resource/a/b/c", false)]
    [InlineData("^/kbs/v0/resource-policy$", "admin", "/kbs/v0/resource-policy", true)]
    [InlineData("^/kbs/v0/resource-policy$", "admin", "/kbs/v0/resource-policy2", false)]
    [InlineData("^/kbs/v0/a$|^/kbs/v0/b$", "admin", "/kbs/v0/b", true)]
    [InlineData("^/kbs/v0/a|b$", "admin", "/kbs/v0/anything", false)]
    [InlineData("^/kbs/v0/a$", "admin", "/kbs/v0/a\n", false)]
    public void Matches_the_whole_path_of_the_own_role(string paths, string role, string path, bool allowed) =>
        Assert.Equal(allowed, AdminAcl.Parse("admin", paths).Allows(role, path));

    [Theory]
    [InlineData("/kbs/.+$")]
    [InlineData("^/kbs/.+")]
    [InlineData("^/kbs/($")]
    [InlineData(@"^/kbs/(a)\1$")]
    public void Refuses_what_upstream_refuses_and_what_takes_long(string paths) =>
        Assert.Throws<FormatException>(() => AdminAcl.Parse("admin", paths));
}
