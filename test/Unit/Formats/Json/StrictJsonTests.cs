using System.Text;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.UnitTests.Formats.Json;

[Trait("Group", "Formats")]
public sealed class StrictJsonTests
{
    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1 /* no */}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"x\":{\"a\":1,\"\\u0061\":2}}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("\ufeff{}")]
    [InlineData("{\"\\ud800\":1}")]
    public void Refuses(string text) => Assert.Throws<MalformedDataException>(() => Parse(text));

    [Theory]
    [InlineData("7b22ff223a317d")] // {"\xff":1}
    [InlineData("7b2261223a22ff227d")] // {"a":"\xff"}
    [InlineData("22eda08022")] // a surrogate
    public void Refuses_what_is_not_utf_8(string hex) =>
        Assert.Throws<MalformedDataException>(() => StrictJson.Parse(Convert.FromHexString(hex), "test", 100));

    [Fact]
    public void Refuses_what_is_too_deep()
    {
        Assert.Throws<MalformedDataException>(() => Parse(new string('[', 65) + new string(']', 65)));
        Parse(new string('[', 64) + new string(']', 64));
    }

    [Fact]
    public void Refuses_what_is_too_long()
    {
        var refusal = Assert.Throws<MalformedDataException>(() => StrictJson.Parse("[1,2,3]"u8.ToArray(), "thing", 6));
        Assert.Equal("thing", refusal.Structure);
    }

    [Fact]
    public void Reads_members_and_names_the_one_that_is_wrong()
    {
        using var document = StrictJson.Parse("""{"text":"a","number":1,"none":null,"bytes":"AQID","url":"AQI"}"""u8.ToArray(), "thing", 1000);
        var fields = new JsonFields("thing", document.RootElement);

        Assert.Equal("a", fields.Text("text"));
        Assert.Null(fields.FindText("none"));
        Assert.Null(fields.FindText("absent"));
        Assert.Equal([1, 2, 3], fields.Base64("bytes", 3));
        Assert.Equal([1, 2], fields.Base64Url("url", 2));
        Assert.Equal("number", Assert.Throws<MalformedDataException>(() => fields.Text("number")).Field);
        Assert.Equal("absent", Assert.Throws<MalformedDataException>(() => fields.Text("absent")).Field);
        Assert.Equal("bytes", Assert.Throws<MalformedDataException>(() => fields.Base64("bytes", 2)).Field);
        Assert.Equal("url", Assert.Throws<MalformedDataException>(() => fields.Base64("url", 9)).Field);
        Assert.Equal("number", Assert.Throws<MalformedDataException>(() => fields.Only("text", "none", "bytes", "url")).Field);
    }

    private static void Parse(string text) => StrictJson.Parse(Encoding.UTF8.GetBytes(text), "thing", 1000).Dispose();
}
