using Nacre.KeyBroker.Http;

namespace Nacre.UnitTests.KeyBroker;

[Trait("Group", "TrustProtocol")]
public sealed class RequestPathTests
{
    [Theory]
    [InlineData("/kbs/v0/resource/a/b/c", "kbs|v0|resource|a|b|c", "")]
    [InlineData("/kbs/v0/resource//a/b/c", "kbs|v0|resource|a|b|c", "")]
    [InlineData("/kbs/v0/resource/a/b/c?x=1&y", "kbs|v0|resource|a|b|c", "x=1&y")]
    [InlineData("/kbs/v0/reference-value/a%3ab", "kbs|v0|reference-value|a:b", "")]
    [InlineData("/kbs/v0/x/%c3%a9", "kbs|v0|x|é", "")]
    [InlineData("/tenants/a/kbs/v0/resource//a/b/c", "tenants|a|kbs|v0|resource|a|b|c", "")]
    public void Reads(string target, string segments, string query)
    {
        var (read, rest) = RequestPath.Parse(target);

        Assert.Equal((segments, query), (string.Join('|', read), rest));
    }

    [Theory]
    [InlineData("")]
    [InlineData("kbs/v0/auth")]
    [InlineData("http://host/kbs/v0/auth")]
    [InlineData("//kbs/v0/auth")]
    [InlineData("/kbs//v0/auth")]
    [InlineData("/tenants//kbs/v0/auth")]
    [InlineData("/tenants/../kbs/v0/auth")]
    [InlineData("/tenants/a%2fb/kbs/v0/auth")]
    [InlineData("/kbs/v0/resource//tenants/a/../kbs/v0/auth")]
    [InlineData("/kbs/v0/resource///a/b/c")]
    [InlineData("/kbs/v0/resource/a//b/c")]
    [InlineData("/kbs/v0/resource//")]
    [InlineData("/kbs/v0/auth/")]
    [InlineData("/kbs/v0/./auth")]
    [InlineData("/kbs/../v0/auth")]
    [InlineData("/kbs/v0/%2e%2e/auth")]
    [InlineData("/kbs/v0/a%2Fb")]
    [InlineData("/kbs/v0/a%5cb")]
    [InlineData("/kbs/v0/a\\b")]
    [InlineData("/kbs/v0/a%00")]
    [InlineData("/kbs/v0/a%20b")]
    [InlineData("/kbs/v0/a%252e")]
    [InlineData("/kbs/v0/a%")]
    [InlineData("/kbs/v0/a%f")]
    [InlineData("/kbs/v0/%c3")]
    [InlineData("/kbs/v0/a b")]
    public void Refuses(string target) => Assert.Equal(400, Assert.Throws<KbsProblemException>(() => RequestPath.Parse(target)).Status);

    [Fact]
    public void Refuses_what_is_too_long() =>
        Assert.Throws<KbsProblemException>(() => RequestPath.Parse("/" + new string('a', 5000)));

    [Fact]
    public void The_last_value_of_a_name_counts()
    {
        var query = RequestPath.ParseQuery("a=1&b=x+y%26z&a=2&c");

        Assert.Equal(("2", "x y&z", ""), (query["a"], query["b"], query["c"]));
    }
}
