using System.Security.Cryptography;
using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.UnitTests.Evidence.Protocol;

[Trait("Group", "TrustProtocol")]
public sealed class InitDataTests
{
    private const string Text = """"
        version = "0.1.0"
        algorithm = "sha256"

        [data]
        "aa.toml" = '''
        [token_configs.kbs]
        url = "https://kbs"
        '''
        "cdh.toml" = "not = = toml"
        "policy.rego" = '''
        package agent_policy
        policy_data := {"containers":[{"OCI":{"Process":{"User":{"UID":65535}}}}]}
        '''
        """";

    [Fact]
    public void The_digest_is_over_the_exact_text() =>
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(Text)), InitData.Parse(Text).Digest);

    [Fact]
    public void Configuration_and_policy_data_become_claims()
    {
        var claims = InitData.Parse(Text).Claims();

        Assert.Equal("https://kbs", (string?)claims["aa.toml"]?["token_configs"]?["kbs"]?["url"]);
        Assert.Equal("not = = toml", (string?)claims["cdh.toml"]);
        Assert.Null(claims["policy.rego"]);
        Assert.Equal(65535, (int?)claims["agent_policy_claims"]?["containers"]?[0]?["OCI"]?["Process"]?["User"]?["UID"]);
    }

    [Theory]
    [InlineData("algorithm = \"sha256\"\n[data]", "version")]
    [InlineData("version = \"0.2.0\"\nalgorithm = \"sha256\"\n[data]", "version")]
    [InlineData("version = \"0.1.0\"\nalgorithm = \"sm3\"\n[data]", "algorithm")]
    [InlineData("version = \"0.1.0\"\nalgorithm = \"SHA-256\"\n[data]", "algorithm")]
    [InlineData("version = \"0.1.0\"\nalgorithm = \"sha256\"", "data")]
    [InlineData("version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\nx = 1", "data.x")]
    public void Refuses(string text, string field) =>
        Assert.Equal(field, Assert.Throws<MalformedDataException>(() => InitData.Parse(text)).Field);
}
