using System.Text;
using Nacre.Formats;
using Nacre.Formats.Ciphers;

namespace Nacre.UnitTests.Formats.Ciphers;

[Trait("Group", "ImagesSecretBox")]
public sealed class SecretBoxTests
{
    // From NaCl's own tests (tests/secretbox.c and its output).
    private const string Key = "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389";
    private const string Nonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";
    private const string Message =
        "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
        + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
        + "5e0705";

    private const string Box =
        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
        + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
        + "7973f622a43d14a6599b1f654cb45a74e355a5";

    [Fact]
    public void Opens_the_box_of_NaCls_tests()
    {
        using var content = Open(Convert.FromHexString(Box));
        Assert.NotNull(content);
        Assert.Equal(Message, Convert.ToHexStringLower(content.Reveal()));
    }

    [Fact]
    public void Opens_no_box_with_a_flipped_bit_or_cut_off()
    {
        var box = Convert.FromHexString(Box);
        for (var bit = 0; bit < 8 * box.Length; bit++)
        {
            var changed = box.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(Open(changed));
        }

        for (var length = 0; length < box.Length; length++)
            Assert.Null(Open(box[..length]));
    }

    [Theory]
    [InlineData("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    public void Derives_the_keys_of_RFC_7914(string password, string salt, int n, int r, int p, string expected)
    {
        using var secret = SecretBytes.Copy(Encoding.ASCII.GetBytes(password));
        using var key = Scrypt.Derive(secret, Encoding.ASCII.GetBytes(salt), (n, r, p), 64);
        Assert.Equal(expected, Convert.ToHexStringLower(key.Reveal()));
    }

    [Theory]
    [InlineData(0, 8, 1)]
    [InlineData(1000, 8, 1)]
    [InlineData(1L << 40, 8, 1)]
    [InlineData(1 << 20, 64, 1)]
    [InlineData(1024, long.MaxValue, 1)]
    [InlineData(1024, 8, -1)]
    public void Refuses_costs_that_are_out_of_range(long n, long r, long p)
    {
        using var secret = SecretBytes.Copy([]);
        Assert.Throws<MalformedDataException>(() => Scrypt.Derive(secret, [1], (n, r, p), 32));
    }

    private static SecretBytes? Open(byte[] box)
    {
        using var key = SecretBytes.Own(Convert.FromHexString(Key));
        return SecretBox.Open(key, Convert.FromHexString(Nonce), box);
    }
}
