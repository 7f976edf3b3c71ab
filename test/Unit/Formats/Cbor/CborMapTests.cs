using Nacre.Formats;
using Nacre.Formats.Cbor;

namespace Nacre.UnitTests.Formats.Cbor;

[Trait("Group", "FormatsCbor")]
public sealed class CborMapTests
{
    [Fact]
    public void Values_are_found_by_integer_and_text()
    {
        // {1: "a", -2: h'0102', "key": 3, 10: null}
        var map = Parse("a401616121420102636b6579030af6");
        Assert.Equal("a", map.FindText("1", 8));
        Assert.Equal([1, 2], map.FindBytes("-2", 8));
        Assert.Equal(3, map.Integer("key"));
        Assert.Null(map.FindBytes("10", 8));
        Assert.Null(map.FindBytes("11", 8));
        Assert.Equal(["1", "-2", "key", "10"], map.Labels);
    }

    [Theory]
    [InlineData("a201000100", "1", 3, "twice")]
    [InlineData("a2616100616100", "a", 4, "twice")]
    [InlineData("a1613100", "(key)", 1, "a number written as text")]
    [InlineData("a1410100", "(key)", 1, "must be an integer, is a byte string")]
    [InlineData("a5", "(map)", 0, "has 5 items, at most 4")]
    [InlineData("a101", "1", 2, "bytes end")]
    [InlineData("a10100ff", "(end)", 3, "1 bytes are left over")]
    [InlineData("a1180101", "(key)", 1, "longer form")]
    [InlineData("bf0100ff", "(map)", 0, "no definite length")]
    [InlineData("80", "(map)", 0, "must be a map, is an array")]
    [InlineData("a101a20100", "1", 5, "bytes end")]
    [InlineData("a101a201000101", "1", 5, "twice")]
    public void Refuses_other_maps(string hex, string field, int offset, string rule)
    {
        var error = Assert.Throws<MalformedDataException>(() => Parse(hex));
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
        Assert.Equal((field, 0x40 + offset), (error.Field, error.Offset));
    }

    [Fact]
    public void A_value_of_the_wrong_type_is_refused_at_its_place()
    {
        var error = Assert.Throws<MalformedDataException>(() => Parse("a2010002616e").FindBytes("2", 8));
        Assert.Equal(("test", "2", 0x44), (error.Structure, error.Field, error.Offset));
        Assert.Equal("is missing", Assert.Throws<MalformedDataException>(() => Parse("a0").Integer("7")).Rule);
    }

    private static CborMap Parse(string hex) => CborMap.Parse("test", Convert.FromHexString(hex), maxEntries: 4, baseOffset: 0x40);
}
