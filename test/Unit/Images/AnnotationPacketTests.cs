using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.Images;
using Nacre.Images.Encryption;

namespace Nacre.UnitTests.Images;

[Trait("Group", "Images")]
public sealed class AnnotationPacketTests
{
    // guest.md 8.2 (2): a packet of the sample key provider, under its published key.
    private const string Sample = """
        {"kid":"kbs:///default/key/1","wrapped_data":"KxAFgXwa0y72Xdygub9lF00RVMtSRbYzvakIEASgi3Gvt1wGLkhKPXf0S033Jdi6vAN6zBM7d0xZSDo2JCeew0FeKwTYgdJfdcPhuEpZOpjhwIsidyeiunzp0J/crvI1tSPZJw4DPHZN2eQtg71rDzIbuDM5ATheiDM9/YJv+k+n6Nv6/pRb8qynNzbWFz7Q8wEo1ZZlL6UftOBJ6j9GuEOTM2k/B+5sMA2VhGHSzDsKA1mn0qzcn2HJg4GcmxwDpJwzm5n7B4iIJ3A0umrQAjQ=","iv":"3PQMqtjbR4hxCr83","wrap_type":"A256GCM"}
        """;

    private static readonly byte[] s_sampleKey = Convert.FromHexString("d99b7705b0ba7a168295b3a3367270b0dd9b371bf514ca8b9ba7f0a33711daea");

    [Fact]
    public void Opens_the_vector()
    {
        var packet = AnnotationPacket.Parse(Encoding.UTF8.GetBytes(Sample), "test");

        Assert.Equal("""{"symkey":"1jL2jJV0Oyz2nmPkLtqulW6cKcpIUN5FpILcVnP5Uqs=","digest":"sha256:18be1897f9402f27c8c0eba7c86e0c00f5656db62961b5949d55f9565c42c6e7","cipheroptions":{"nonce":"r10F9oaCu+nWFXfod3l83g=="}}""",
            Encoding.UTF8.GetString(packet.Unwrap(s_sampleKey, "test")));
        Assert.Equal("kbs:///default/key/1", packet.KeyId.ToString());
    }

    [Fact]
    public void Refuses_every_changed_byte_of_the_wrapped_key()
    {
        var packet = AnnotationPacket.Parse(Encoding.UTF8.GetBytes(Sample), "test");
        for (var i = 0; i < packet.WrappedData.Length; i++)
        {
            var changed = packet.WrappedData.ToArray();
            changed[i] ^= 1;
            Assert.Equal(ImageFault.KeyUnavailable, Assert.Throws<ImageException>(() => (packet with { WrappedData = changed }).Unwrap(s_sampleKey, "test")).Fault);
        }
    }

    [Theory]
    [InlineData(AnnotationPacket.Gcm)]
    [InlineData(AnnotationPacket.Ctr)]
    public void Wraps_and_unwraps(string type)
    {
        var (key, secret, uri) = (new byte[32], "secret"u8.ToArray(), ResourceUri.Parse("kbs:///a/b/c"));
        var packet = type == AnnotationPacket.Gcm ? AnnotationPacket.Wrap(uri, key, secret) : AnnotationPacket.WrapUnauthenticated(uri, key, secret);

        Assert.Equal(secret, AnnotationPacket.Parse(packet.ToJson(), "test").Unwrap(key, "test"));
    }

    [Fact]
    public void Reads_the_data_hubs_version()
    {
        var json = Sample.Trim()[..^1] + ""","version":"0.1.0","provider":"kbs","provider_settings":{},"annotations":{}}""";
        Assert.Equal(AnnotationPacket.Gcm, AnnotationPacket.Parse(Encoding.UTF8.GetBytes(json), "test").WrapType);
    }

    [Theory]
    [InlineData("A256GCM", "A256XYZ", ImageFault.Unsupported)]
    [InlineData("kbs:///default/key/1", "kbs:///default/key", ImageFault.Malformed)]
    [InlineData("kbs:///default/key/1", "kbs:///default/../1", ImageFault.Malformed)]
    [InlineData("3PQMqtjbR4hxCr83", "AAAA", ImageFault.Malformed)]
    [InlineData("3PQMqtjbR4hxCr83", "not base64", ImageFault.Malformed)]
    [InlineData("\"kid\"", "\"version\":\"9\",\"kid\"", ImageFault.Unsupported)]
    [InlineData("\"kid\"", "\"provider\":\"aliyun\",\"kid\"", ImageFault.Unsupported)]
    [InlineData("\"kid\"", "\"kid\":\"kbs:///a/b/c\",\"kid\"", ImageFault.Malformed)]
    public void Refuses_packets_that_break_a_rule(string from, string to, ImageFault fault)
    {
        var json = Encoding.UTF8.GetBytes(Sample.Replace(from, to, StringComparison.Ordinal));
        Assert.Equal(fault, Assert.Throws<ImageException>(() => AnnotationPacket.Parse(json, "test")).Fault);
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        var json = Encoding.UTF8.GetBytes(Sample.Trim());
        for (var length = 0; length < json.Length; length++)
            Assert.Throws<ImageException>(() => AnnotationPacket.Parse(json.AsSpan(0, length), "test"));
    }
}
