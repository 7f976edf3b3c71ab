using Nacre.Images.Registry;

namespace Nacre.UnitTests.Images;

[Trait("Group", "ImagesRegistries")]
public sealed class ProxyRulesTests
{
    private static readonly Uri s_proxy = new("http://user:p%40ss@proxy.example:3128");

    [Theory]
    [InlineData("https://a.example/v2/", "", true)]
    [InlineData("http://a.example/v2/", "", false)]
    [InlineData("https://a.example/", "*", false)]
    [InlineData("https://a.example/", "b.example,a.example", false)]
    [InlineData("https://x.a.example/", "a.example", false)]
    [InlineData("https://x.a.example/", ".a.example", false)]
    [InlineData("https://xa.example/", "a.example", true)]
    [InlineData("https://a.example:5000/", "a.example:5000", false)]
    [InlineData("https://a.example:5001/", "a.example:5000", true)]
    [InlineData("https://10.1.2.3/", "10.0.0.0/8", false)]
    [InlineData("https://11.1.2.3/", "10.0.0.0/8", true)]
    [InlineData("https://10.1.2.3/", "10.1.2.3", false)]
    [InlineData("https://10.1.2.3/", "2.3", true)]
    [InlineData("https://[::1]/", "::1", false)]
    public void Chooses_as_curl_does(string address, string direct, bool proxied)
    {
        var rules = new ProxyRules(s_proxy, http: null, direct);
        Assert.Equal(proxied ? s_proxy : null, rules.GetProxy(new(address)));
        Assert.Equal(!proxied, rules.IsBypassed(new(address)));
    }

    [Fact]
    public void Takes_the_login_from_the_address()
    {
        var login = new ProxyRules(s_proxy, http: null, direct: null).Credentials!.GetCredential(s_proxy, "Basic")!;
        Assert.Equal(("user", "p@ss"), (login.UserName, login.Password));
    }
}
