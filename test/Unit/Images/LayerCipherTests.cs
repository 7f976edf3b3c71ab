using System.Text;
using Nacre.Formats.Ciphers;
using Nacre.Images;
using Nacre.Images.Encryption;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.UnitTests.Images;

/// <summary>Vectors: guest.md 8.2.</summary>
[Trait("Group", "Images")]
public sealed class LayerCipherTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] s_nonce = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    [Fact]
    public async Task Encrypts_the_vector()
    {
        await using var stream = new LayerEncryptStream(new MemoryStream("this is some data"u8.ToArray()), s_key, s_nonce);

        Assert.Equal("2e066d24289202b68341385822a7c7e601", Convert.ToHexStringLower(await ReadAsync(stream)));
        Assert.Equal("h88RidmMOOyeskTzywzMioX3mTsnfbDY0PqCC/I/PCM=", Convert.ToBase64String(stream.Mac.Span));
    }

    [Fact]
    public void Wraps_the_counter()
    {
        var nonce = new byte[16];
        nonce.AsSpan().Fill(0xff);
        var output = new byte[32];
        using var cipher = new AesCtr(s_key, nonce);
        cipher.Transform(new byte[32], output);

        Assert.Equal("e999e41d4ca770da5387117b5d8f57eef29000b62a499fd0a9f39a6add2e7780", Convert.ToHexStringLower(output));
    }

    [Fact]
    public void Continues_inside_a_block()
    {
        var whole = new byte[1000];
        using (var cipher = new AesCtr(s_key, s_nonce))
            cipher.Transform(new byte[1000], whole);

        var parts = new byte[1000];
        using var again = new AesCtr(s_key, s_nonce);
        for (var (at, step) = (0, 1); at < 1000; at += step, step = Math.Min(step + 7, 1000 - at))
            again.Transform(new byte[step], parts.AsSpan(at, step));

        Assert.Equal(whole, parts);
    }

    [Fact]
    public async Task Gives_back_what_was_encrypted()
    {
        await using var stream = new LayerDecryptStream(new MemoryStream(Hex("2e066d24289202b68341385822a7c7e601")), s_key, s_nonce, Mac(), "test");
        Assert.Equal("this is some data", Encoding.UTF8.GetString(await ReadAsync(stream)));
        Assert.True(stream.Verified);
    }

    [Fact]
    public async Task Refuses_every_flipped_bit_of_ciphertext_and_mac()
    {
        var cipher = Hex("2e066d24289202b68341385822a7c7e601");
        for (var bit = 0; bit < (cipher.Length + LayerCipher.MacSize) * 8; bit++)
        {
            var (changed, mac) = (cipher.ToArray(), Mac());
            (bit / 8 < cipher.Length ? changed : mac)[bit / 8 % cipher.Length % LayerCipher.MacSize] ^= (byte)(1 << (bit % 8));
            await using var stream = new LayerDecryptStream(new MemoryStream(changed), s_key, s_nonce, mac, "test");
            var error = await Assert.ThrowsAsync<ImageException>(() => ReadAsync(stream));
            Assert.Equal(ImageFault.MacMismatch, error.Fault);
        }
    }

    [Fact]
    public async Task Refuses_truncated_ciphertext()
    {
        var cipher = Hex("2e066d24289202b68341385822a7c7e601");
        for (var length = 0; length < cipher.Length; length++)
        {
            await using var stream = new LayerDecryptStream(new MemoryStream(cipher, 0, length), s_key, s_nonce, Mac(), "test");
            Assert.Equal(ImageFault.MacMismatch, (await Assert.ThrowsAsync<ImageException>(() => ReadAsync(stream))).Fault);
        }
    }

    [Fact]
    public void Refuses_a_nonce_in_the_public_options()
    {
        var json = """{"cipher":"AES_256_CTR_HMAC_SHA256","hmac":"h88RidmMOOyeskTzywzMioX3mTsnfbDY0PqCC/I/PCM=","cipheroptions":{"nonce":"AAAAAAAAAAAAAAAAAAAAAA=="}}""";
        var error = Assert.Throws<ImageException>(() => PublicLayerOptions.Parse(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)), "test"));
        Assert.Equal(ImageFault.Malformed, error.Fault);
    }

    [Theory]
    [InlineData("""{"cipher":"AES_256_GCM","hmac":"","cipheroptions":{}}""", ImageFault.Unsupported)]
    [InlineData("""{"cipher":"AES_256_CTR_HMAC_SHA256","hmac":"","cipheroptions":{}}""", ImageFault.Malformed)]
    [InlineData("""{"cipher":"AES_256_CTR_HMAC_SHA256","cipheroptions":{}}""", ImageFault.Malformed)]
    [InlineData("""[]""", ImageFault.Malformed)]
    public void Refuses_public_options_that_are_not_understood(string json, ImageFault fault) => Assert.Equal(
        fault, Assert.Throws<ImageException>(() => PublicLayerOptions.Parse(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)), "test")).Fault);

    [Fact]
    public async Task Tries_every_recipient()
    {
        using var options = PrivateLayerOptions.Create(Digest.Sha256([]));
        var (wrong, right) = (new byte[32], s_key);
        var uri = Nacre.Evidence.Protocol.ResourceUri.Parse("kbs:///default/key/1");
        var packets = new[] { wrong, right }.Select(key => Convert.ToBase64String(AnnotationPacket.Wrap(uri, key, options.ToJson()).ToJson()));
        var layer = new Descriptor("application/vnd.oci.image.layer.v1.tar+encrypted", Digest.Sha256([]), 0)
        {
            Annotations = new Dictionary<string, string>
            {
                ["org.opencontainers.image.enc.keys.provider.another"] = Convert.ToBase64String("{}"u8),
                [LayerKeyAnnotations.AttestationAgent] = string.Join(',', packets),
            },
        };
        using var unwrapper = new KbsKeyUnwrapper(new SingleKeySource(uri, right));
        using var found = await new LayerDecryption([unwrapper]).UnwrapAsync(layer, "test", CancellationToken.None);

        Assert.Equal(options.Key, found.Key);
        Assert.Equal("[secret]", found.ToString());
    }

    private static byte[] Mac() => Convert.FromBase64String("h88RidmMOOyeskTzywzMioX3mTsnfbDY0PqCC/I/PCM=");

    private static byte[] Hex(string hex) => Convert.FromHexString(hex);

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, 7);
        return all.ToArray();
    }
}
