using Nacre.Formats;
using Nacre.Formats.Spdm;

namespace Nacre.UnitTests.Formats.Spdm;

[Trait("Group", "Formats")]
public sealed class SpdmMeasurementsTests
{
    private const int SignatureSize = 4;

    [Fact]
    public void Reads_every_part()
    {
        var spdm = SpdmMeasurements.Parse(Messages(), SignatureSize);
        Assert.Equal((0xff, 1), (spdm.Operation, spdm.Slot));
        Assert.Equal((0x11, 0x22), (spdm.RequestNonce.Span[0], spdm.ResponseNonce.Span[31]));
        Assert.Equal([(1, 0, 2), (3, 0x81, 1)], spdm.Blocks.Select(block => ((int)block.Index, (int)block.Type, block.Value.Length)));
        Assert.Equal([7, 8, 9], spdm.OpaqueData.ToArray());
        Assert.Equal([0xa, 0xb, 0xc, 0xd], spdm.Signature.ToArray());
        Assert.Equal(Messages()[..^4], spdm.Signed.ToArray());
    }

    [Fact]
    public void Counts_zeros_after_the_signature()
    {
        var spdm = SpdmMeasurements.Parse((byte[])[.. Messages(), 0, 0], SignatureSize);
        Assert.Equal(2, spdm.Padding);
        Assert.Equal(Messages()[..^4], spdm.Signed.ToArray());
    }

    [Theory]
    [InlineData(2, 0, "request.attributes")]
    [InlineData(37, 0x10, "response.version")]
    [InlineData(38, 0x7f, "response.code")]
    [InlineData(41, 1, "(end)")]
    [InlineData(41, 3, "index")]
    [InlineData(42, 14, "value_size")]
    [InlineData(44, 1, "response.record")]
    [InlineData(46, 2, "specification")]
    [InlineData(50, 3, "value_size")]
    [InlineData(54, 1, "index")]
    public void One_changed_byte_fails_at_its_field(int offset, byte value, string field)
    {
        var messages = Messages();
        Assert.NotEqual(value, messages[offset]);
        messages[offset] = value;
        Assert.Equal(field, Assert.Throws<MalformedDataException>(() => SpdmMeasurements.Parse(messages, SignatureSize)).Field);
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        for (var length = 0; length < Messages().Length; length++)
            Assert.Throws<MalformedDataException>(() => SpdmMeasurements.Parse(Messages().AsMemory(0, length), SignatureSize));
        Assert.Throws<MalformedDataException>(() => SpdmMeasurements.Parse(new byte[SpdmMeasurements.MaxSize + 1], SignatureSize));
    }

    private static byte[] Messages() =>
    [
        0x11, 0xe0, 0x01, 0xff, .. Enumerable.Repeat((byte)0x11, 32), 0x01,
        0x11, 0x60, 0x00, 0x00, 2, 17, 0, 0,
        1, 1, 5, 0, 0, 2, 0, 0x41, 0x42,
        3, 1, 4, 0, 0x81, 1, 0, 0x43,
        .. Enumerable.Repeat((byte)0x22, 32), 3, 0, 7, 8, 9, 0xa, 0xb, 0xc, 0xd,
    ];
}
