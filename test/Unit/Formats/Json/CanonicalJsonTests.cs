using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.UnitTests.Formats.Json;

[Trait("Group", "Formats")]
public sealed class CanonicalJsonTests
{
    // RFC 8785 appendix B.
    [Theory]
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555554, "333333333.33333325")]
    [InlineData(0x41b3de4355555555, "333333333.3333333")]
    [InlineData(0x41b3de4355555556, "333333333.3333334")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Prints_numbers_as_ECMAScript_does(ulong bits, string expected) =>
        Assert.Equal(expected, CanonicalJson.Number(BitConverter.UInt64BitsToDouble(bits)));

    [Theory]
    [InlineData(100, "100")]
    [InlineData(0.5, "0.5")]
    [InlineData(-120.25, "-120.25")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(123e-9, "1.23e-7")]
    public void Prints_ordinary_numbers(double value, string expected) => Assert.Equal(expected, CanonicalJson.Number(value));

    // RFC 8785 section 3.2.3.
    [Fact]
    public void Sorts_members_by_their_UTF_16_units()
    {
        const string json = """{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew","1":"One","\ud83d\ude00":"Emoji","\u0080":"Control","\u00f6":"O"}""";

        Assert.Equal(
            """{"\r":"Carriage Return","1":"One","CTRL":"Control","ö":"O","€":"Euro Sign","😀":"Emoji","HEB":"Hebrew"}"""
                .Replace("CTRL", "\u0080", StringComparison.Ordinal).Replace("HEB", "\ufb33", StringComparison.Ordinal),
            Canonical(json));
    }

    [Fact]
    public void Escapes_only_what_must_be_escaped() =>
        Assert.Equal(
            """{"a":"€$\u000f\nA'B\"\\\\\"/"}""",
            Canonical("""{ "a" : "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/" }"""));

    [Fact]
    public void Keeps_the_order_of_arrays_and_the_literals() =>
        Assert.Equal("""{"a":[true,false,null,[],{}],"b":{"c":1,"d":2}}""", Canonical("""{"b":{"d":2.0,"c":1e0},"a":[true,false,null,[],{}]}"""));

    [Fact]
    public void Refuses_half_of_a_surrogate_pair() =>
        Assert.Throws<MalformedDataException>(() => Canonical("""{"a":"\ud800"}"""));

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(CanonicalJson.Write(document.RootElement));
    }
}
