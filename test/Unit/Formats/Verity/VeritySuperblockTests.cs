using System.Buffers.Binary;
using Nacre.Formats;
using Nacre.Formats.Verity;

namespace Nacre.UnitTests.Formats.Verity;

[Trait("Group", "ImagesVerity")]
public sealed class VeritySuperblockTests
{
    private static readonly VeritySuperblock s_superblock =
        new(new(VerityAlgorithm.Sha256, 4096, 1024, 300, new byte[] { 1, 2, 3 }), new Guid("00112233-4455-6677-8899-aabbccddeeff"));

    [Fact]
    public void Is_read_as_it_was_written()
    {
        var read = VeritySuperblock.Parse(s_superblock.ToBytes());

        Assert.Equal(s_superblock.Uuid, read.Uuid);
        Assert.Equal(s_superblock.Parameters with { Salt = default }, read.Parameters with { Salt = default });
        Assert.Equal(s_superblock.Parameters.Salt.ToArray(), read.Parameters.Salt.ToArray());
        Assert.Equal("00112233445566778899aabbccddeeff", Convert.ToHexStringLower(s_superblock.ToBytes()[16..32]));
    }

    [Theory]
    [InlineData(0, 'V', "signature")]
    [InlineData(8, 2, "version")]
    [InlineData(12, 2, "hash_type")]
    [InlineData(32, 'S', "algorithm")]
    [InlineData(45, 1, "algorithm")]
    [InlineData(64, 1, "data_block_size")]
    [InlineData(67, 0x80, "data_block_size")]
    [InlineData(69, 1, "hash_block_size")]
    [InlineData(79, 0x40, "data_blocks")]
    [InlineData(79, 0x80, "data_blocks")]
    [InlineData(81, 2, "salt_size")]
    [InlineData(82, 1, "padding")]
    [InlineData(91, 1, "salt")]
    [InlineData(343, 1, "salt")]
    [InlineData(344, 1, "padding")]
    [InlineData(511, 1, "padding")]
    public void Names_the_field_that_one_changed_byte_is_in(int offset, int value, string field)
    {
        var bytes = s_superblock.ToBytes();
        Assert.NotEqual((byte)value, bytes[offset]);
        bytes[offset] = (byte)value;

        var error = Assert.Throws<MalformedDataException>(() => VeritySuperblock.Parse(bytes));

        Assert.Equal(("verity.superblock", field), (error.Structure, error.Field));
    }

    [Fact]
    public void Refuses_every_truncation_and_a_trailing_byte()
    {
        var bytes = s_superblock.ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<MalformedDataException>(() => VeritySuperblock.Parse(bytes.AsSpan(0, length)));
        Assert.Throws<MalformedDataException>(() => VeritySuperblock.Parse([.. bytes, 0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1UL << 50)]
    public void Refuses_no_blocks_and_more_than_there_can_be(ulong count)
    {
        var bytes = s_superblock.ToBytes();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(72), count);

        Assert.Equal("data_blocks", Assert.Throws<MalformedDataException>(() => VeritySuperblock.Parse(bytes)).Field);
    }
}
