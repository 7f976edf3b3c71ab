using Nacre.Attesters.Tpm;

namespace Nacre.UnitTests.Attesters;

[Trait("Group", "Tpm")]
public sealed class TpmEndpointTests
{
    [Theory]
    [InlineData("swtpm:127.0.0.1:2321", typeof(TpmEndpoint.TcpSocket))]
    [InlineData("swtpm:localhost:1", typeof(TpmEndpoint.TcpSocket))]
    [InlineData("unix:/run/swtpm.sock", typeof(TpmEndpoint.UnixSocket))]
    [InlineData("/dev/tpmrm0", typeof(TpmEndpoint.Device))]
    public void Reads_and_writes(string text, Type kind)
    {
        var endpoint = TpmEndpoint.Parse(text);

        Assert.IsType(kind, endpoint);
        Assert.Equal(text, endpoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("swtpm:")]
    [InlineData("swtpm:2321")]
    [InlineData("swtpm:127.0.0.1:0")]
    [InlineData("swtpm:127.0.0.1:65536")]
    [InlineData("swtpm:127.0.0.1:-1")]
    [InlineData("unix:relative")]
    [InlineData("/srv/tpm")]
    [InlineData("tpm0")]
    public void Refuses_and_says_what_is_known(string text)
    {
        var error = Assert.Throws<FormatException>(() => TpmEndpoint.Parse(text));

        Assert.Contains("swtpm:HOST:PORT", error.Message, StringComparison.Ordinal);
    }
}
