using Nacre.Formats;
using Nacre.Formats.Cbor;

namespace Nacre.UnitTests.Formats.Cbor;

/// <summary>
/// The encodings of RFC 8949, appendix A that are deterministic are read, and the others are refused where they break the rule.
/// </summary>
[Trait("Group", "FormatsCbor")]
public sealed class CborReaderTests
{
    [Theory]
    [InlineData("00", 0)]
    [InlineData("17", 23)]
    [InlineData("1818", 24)]
    [InlineData("190100", 256)]
    [InlineData("1a000f4240", 1_000_000)]
    [InlineData("1b000000e8d4a51000", 1_000_000_000_000)]
    [InlineData("1b7fffffffffffffff", long.MaxValue)]
    [InlineData("20", -1)]
    [InlineData("3863", -100)]
    [InlineData("3b7fffffffffffffff", long.MinValue)]
    public void Reads_integers(string hex, long value)
    {
        var reader = new CborReader("test", Convert.FromHexString(hex));
        Assert.Equal(value, reader.Integer("field"));
        reader.End();
    }

    [Theory]
    [InlineData("1817", 0, "longer form")]
    [InlineData("1900ff", 0, "longer form")]
    [InlineData("1a0000ffff", 0, "longer form")]
    [InlineData("1b00000000ffffffff", 0, "longer form")]
    [InlineData("3817", 0, "longer form")]
    [InlineData("1c", 0, "reserved form")]
    [InlineData("1f", 0, "no definite length")]
    [InlineData("1b8000000000000000", 0, "64 bits")]
    [InlineData("3bffffffffffffffff", 0, "64 bits")]
    [InlineData("", 0, "bytes end")]
    [InlineData("18", 0, "needs 1 bytes, 0 are left")]
    [InlineData("1b000000", 0, "needs 8 bytes, 3 are left")]
    [InlineData("40", 0, "must be an integer, is a byte string")]
    public void Refuses_other_integers(string hex, int offset, string rule) =>
        Refused(hex, offset, rule, (ref CborReader reader) => reader.Integer("field"));

    [Theory]
    [InlineData("4401020304", 0, "is 4 bytes long, at most 3")]
    [InlineData("430102", 0, "needs 3 bytes, 2 are left")]
    [InlineData("5bffffffffffffffff01", 0, "at most 3")]
    [InlineData("5b7fffffffffffffff01", 0, "at most 3")]
    [InlineData("580101", 0, "longer form")]
    [InlineData("5f420102ff", 0, "no definite length")]
    [InlineData("63616263", 0, "must be a byte string, is a text")]
    public void Refuses_byte_strings(string hex, int offset, string rule) =>
        Refused(hex, offset, rule, (ref CborReader reader) => reader.Bytes("field", 3));

    [Theory]
    [InlineData("62c328", 0, "not UTF-8")]
    [InlineData("63eda080", 0, "not UTF-8")]
    [InlineData("7f6161ff", 0, "no definite length")]
    public void Refuses_texts(string hex, int offset, string rule) =>
        Refused(hex, offset, rule, (ref CborReader reader) => reader.Text("field", 8));

    [Theory]
    [InlineData("84", 0, "has 4 items, at most 3")]
    [InlineData("9bffffffffffffffff", 0, "at most 3")]
    [InlineData("9f01ff", 0, "no definite length")]
    [InlineData("a0", 0, "must be an array, is a map")]
    public void Refuses_arrays(string hex, int offset, string rule) =>
        Refused(hex, offset, rule, (ref CborReader reader) => reader.Array("field", 3));

    [Theory]
    [InlineData("f97c00", 0, "neither false, true, null")]
    [InlineData("fb3ff199999999999a", 0, "neither false, true, null")]
    [InlineData("e0", 0, "neither false, true, null")]
    [InlineData("f8ff", 0, "neither false, true, null")]
    [InlineData("ff", 0, "neither false, true, null")]
    [InlineData("820161ff", 2, "not UTF-8")]
    [InlineData("8201a2010203", 6, "bytes end")]
    [InlineData("8201a201020103", 5, "stands in it twice")]
    [InlineData("a261610161614161", 4, "stands in it twice")]
    [InlineData("9a0000ffff", 0, "longer form")]
    [InlineData("9a0001000001", 0, "says it has 65536 items")]
    [InlineData("bb7fffffffffffffff", 0, "entries, at most")]
    public void Skips_only_what_it_would_read(string hex, int offset, string rule) =>
        Refused(hex, offset, rule, (ref CborReader reader) => reader.Item("field"));

    [Theory]
    [InlineData("820180", "1820")]
    [InlineData("a2016161024100", "ff")]
    [InlineData("d90108c1f6", "00")]
    public void Skips_one_item_whole(string item, string rest)
    {
        var reader = new CborReader("test", Convert.FromHexString(item + rest));
        Assert.Equal(item, Convert.ToHexStringLower(reader.Item("field")));
        Assert.Equal(rest.Length / 2, reader.Remaining);
    }

    [Theory]
    [InlineData(0x81)]
    [InlineData(0xc1)]
    public void Depth_is_bounded(byte nesting)
    {
        byte[] deepest = [.. Enumerable.Repeat(nesting, CborReader.MaxDepth - 1), 0x00];
        new CborReader("test", deepest).Item("field");
        foreach (var tooDeep in new byte[][] { [nesting, .. deepest], [.. Enumerable.Repeat(nesting, 100_000)] })
        {
            Refused(
                Convert.ToHexString(tooDeep), CborReader.MaxDepth - 1, "nested deeper", (ref CborReader reader) => reader.Item("field"));
        }
    }

    [Fact]
    public void Trailing_bytes_are_refused_at_their_place()
    {
        var error = Assert.Throws<MalformedDataException>(() =>
        {
            var reader = new CborReader("test", [0x01, 0x02], baseOffset: 100);
            reader.Integer("field");
            reader.End();
        });
        Assert.Equal(("test", "(end)", 101), (error.Structure, error.Field, error.Offset));
    }

    [Fact]
    public void Null_is_read_and_anything_else_stays()
    {
        var reader = new CborReader("test", [0xf6, 0xf7]);
        Assert.True(reader.TryNull("field"));
        Assert.False(reader.TryNull("field"));
        Assert.Equal(1, reader.Offset);
    }

    private delegate void Reading(ref CborReader reader);

    private static void Refused(string hex, int offset, string rule, Reading read)
    {
        var error = Assert.Throws<MalformedDataException>(() =>
        {
            var reader = new CborReader("test", Convert.FromHexString(hex), baseOffset: 0x1000);
            read(ref reader);
        });
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
        Assert.Equal(("test", "field", 0x1000 + offset), (error.Structure, error.Field, error.Offset));
    }
}
