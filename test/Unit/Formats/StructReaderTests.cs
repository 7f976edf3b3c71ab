using Nacre.Formats;

namespace Nacre.UnitTests.Formats;

[Trait("Group", "Formats")]
public sealed class StructReaderTests
{
    [Fact]
    public void Says_field_and_offset_when_bytes_are_missing()
    {
        var error = Assert.Throws<MalformedDataException>(() =>
        {
            var reader = new StructReader("demo", [1, 2, 3]);
            reader.UInt16LE("first");
            reader.UInt32LE("second");
        });

        Assert.Equal(("demo", "second", 2), (error.Structure, error.Field, error.Offset));
    }

    [Fact]
    public void Refuses_trailing_bytes()
    {
        var error = Assert.Throws<MalformedDataException>(() =>
        {
            var reader = new StructReader("demo", [1, 2]);
            reader.UInt8("only");
            reader.End();
        });

        Assert.Equal("(end)", error.Field);
    }
}
