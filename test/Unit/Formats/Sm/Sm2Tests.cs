using System.Text;
using Nacre.Formats;
using Nacre.Formats.Sm;

namespace Nacre.UnitTests.Formats.Sm;

/// <summary>The example of GB/T 32918.5-2017, annex A, and what must not verify.</summary>
[Trait("Group", "FormatsSm")]
public sealed class Sm2Tests
{
    private static readonly byte[] s_x = Convert.FromHexString("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020");
    private static readonly byte[] s_y = Convert.FromHexString("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13");
    private static readonly byte[] s_r = Convert.FromHexString("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3");
    private static readonly byte[] s_s = Convert.FromHexString("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
    private static readonly byte[] s_user = Encoding.ASCII.GetBytes("1234567812345678");
    private static readonly byte[] s_message = Encoding.ASCII.GetBytes("message digest");

    [Fact]
    public void The_example_of_the_standard_verifies() => Assert.True(Key().Verify(s_user, s_message, s_r, s_s));

    [Fact]
    public void Another_message_user_or_number_does_not()
    {
        Assert.False(Key().Verify(s_user, "message digesT"u8, s_r, s_s));
        Assert.False(Key().Verify("1234567812345679"u8, s_message, s_r, s_s));
        for (var bit = 0; bit < 256; bit += 17)
        {
            Assert.False(Key().Verify(s_user, s_message, Flip(s_r, bit), s_s));
            Assert.False(Key().Verify(s_user, s_message, s_r, Flip(s_s, bit)));
        }
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")]
    public void Numbers_out_of_range_do_not(string number)
    {
        Assert.False(Key().Verify(s_user, s_message, Convert.FromHexString(number), s_s));
        Assert.False(Key().Verify(s_user, s_message, s_r, Convert.FromHexString(number)));
    }

    [Fact]
    public void A_point_off_the_curve_is_refused() =>
        Assert.Throws<MalformedDataException>(() => Sm2PublicKey.FromPoint("test", Flip(s_x, 0), s_y));

    private static Sm2PublicKey Key() => Sm2PublicKey.FromPoint("test", s_x, s_y);

    private static byte[] Flip(byte[] bytes, int bit)
    {
        var changed = (byte[])bytes.Clone();
        changed[bit / 8] ^= (byte)(1 << (bit % 8));
        return changed;
    }
}
