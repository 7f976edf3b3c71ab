using System.Text;
using Nacre.Formats;
using Nacre.Formats.OpenPgp;

namespace Nacre.UnitTests.Formats.OpenPgp;

[Trait("Group", "ImagesOpenPgp")]
public sealed class OpenPgpTests
{
    private static readonly DateTimeOffset s_soon = new(2026, 11, 21, 13, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_later = new(2027, 11, 21, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("rsa")]
    [InlineData("p256")]
    [InlineData("p384")]
    [InlineData("p521")]
    [InlineData("ed")]
    [InlineData("sub")]
    public void Verifies_a_message_by_every_kind_of_key(string name)
    {
        var message = OpenPgpMessage.Parse(OpenPgpVectors.Message(name));
        var verdict = OpenPgpKeyring.Parse(OpenPgpVectors.Key(name)).Verify(message, s_later);

        Assert.Null(verdict.Problem);
        Assert.Equal($"{name} <{name}@example.com>", verdict.UserId);
        Assert.Equal(name == "sub", verdict.Key != verdict.Certificate);
        Assert.Equal(OpenPgpVectors.Payload, Encoding.UTF8.GetString(message.Payload.Span));
    }

    [Fact]
    public void Finds_the_key_in_a_ring_of_several()
    {
        var ring = OpenPgpKeyring.Parse(new[] { "rsa", "revoked", "ed", "p384" }.SelectMany(OpenPgpVectors.Key).ToArray());

        Assert.Equal(4, ring.Fingerprints.Count);
        Assert.Null(ring.Verify(OpenPgpMessage.Parse(OpenPgpVectors.Message("ed")), s_later).Problem);
        Assert.Contains("revoked", ring.Verify(OpenPgpMessage.Parse(OpenPgpVectors.Message("revoked")), s_later).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_armored_keys_and_checks_their_checksum()
    {
        var ring = OpenPgpKeyring.Parse(Encoding.ASCII.GetBytes(OpenPgpVectors.ArmoredEd));
        Assert.Null(ring.Verify(OpenPgpMessage.Parse(OpenPgpVectors.Message("ed")), s_later).Problem);

        var checksum = OpenPgpVectors.ArmoredEd.IndexOf("\n=", StringComparison.Ordinal) + 2;
        var wrong = OpenPgpVectors.ArmoredEd.ToCharArray();
        wrong[checksum] = wrong[checksum] == 'A' ? 'B' : 'A';
        Assert.Throws<MalformedDataException>(() => OpenPgpKeyring.Parse(Encoding.ASCII.GetBytes(wrong)));
    }

    [Theory]
    [InlineData("p256", "ed", "is not in the ring")]
    [InlineData("revoked", "revoked", "is revoked")]
    [InlineData("expired", "expired", "expired on 2026-11-22")]
    [InlineData("sha1", "rsa", "SHA-1, which is not accepted")]
    public void Refuses_with_the_reason(string message, string ring, string reason)
    {
        var verdict = OpenPgpKeyring.Parse(OpenPgpVectors.Key(ring)).Verify(OpenPgpMessage.Parse(OpenPgpVectors.Message(message)), s_later);
        Assert.Contains(reason, verdict.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Accepts_a_key_until_it_expires()
    {
        var message = OpenPgpMessage.Parse(OpenPgpVectors.Message("expired"));
        Assert.Null(OpenPgpKeyring.Parse(OpenPgpVectors.Key("expired")).Verify(message, s_soon).Problem);
    }

    [Fact]
    public void Refuses_a_signature_from_the_future()
    {
        var verdict = OpenPgpKeyring.Parse(OpenPgpVectors.Key("ed")).Verify(OpenPgpMessage.Parse(OpenPgpVectors.Message("ed")), s_soon.AddYears(-1));
        Assert.Contains("future", verdict.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_message_of_two_signers() =>
        Assert.Throws<MalformedDataException>(() => OpenPgpMessage.Parse(OpenPgpVectors.Message("two")));

    [Fact]
    public void A_subkey_without_its_certificate_is_worth_nothing()
    {
        // The subkey's packet with its binding, put below another primary key.
        var sub = OpenPgpVectors.Key("sub");
        var subkeys = PacketReader.Read("test", sub, 64).First(packet => packet.Type == PacketType.PublicSubkey).Offset;
        var stolen = OpenPgpKeyring.Parse(OpenPgpVectors.Key("p256").Concat(sub[subkeys..]).ToArray());

        Assert.Contains("not bound", stolen.Verify(OpenPgpMessage.Parse(OpenPgpVectors.Message("sub")), s_later).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_flipped_bit_of_a_plain_message_is_accepted_but_in_the_file_name_and_time_that_nobody_signs()
    {
        var message = OpenPgpVectors.Message("edplain");

        // One-pass signature of 15 bytes; header of 2; format; the name's length; the name "payload", the time.
        const int name = 15 + 2 + 1 + 1;
        var unsigned = Enumerable.Range(name, "payload".Length + 4);
        Assert.Equal(unsigned, AcceptedFlips("ed", message).Distinct());
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("p521")]
    [InlineData("sub")]
    public void Flipped_bits_of_a_compressed_message_never_change_what_is_accepted(string name)
    {
        var message = OpenPgpVectors.Message(name);
        Assert.True(AcceptedFlips(name, message).Count() < message.Length);
    }

    [Theory]
    [InlineData("ed")]
    [InlineData("sub")]
    public void A_flipped_bit_of_a_key_never_lets_another_name_through(string name)
    {
        var message = OpenPgpMessage.Parse(OpenPgpVectors.Message(name));
        var key = OpenPgpVectors.Key(name);
        var fingerprint = OpenPgpKeyring.Parse(key).Fingerprints[0];
        for (var bit = 0; bit < 8 * key.Length; bit++)
        {
            if (Read(() => OpenPgpKeyring.Parse(Flip(key, bit)).Verify(message, s_later)) is { Problem: null } verdict)
                Assert.Equal((fingerprint, $"{name} <{name}@example.com>"), (verdict.Certificate, verdict.UserId));
        }
    }

    [Fact]
    public void Refuses_messages_and_keys_that_are_cut_off()
    {
        var (message, key) = (OpenPgpVectors.Message("edplain"), OpenPgpVectors.Key("ed"));
        for (var length = 0; length < message.Length; length++)
            Assert.Throws<MalformedDataException>(() => OpenPgpMessage.Parse(message.AsMemory(0, length)));
        for (var length = 0; length < key.Length; length++)
        {
            var verdict = Read(() => OpenPgpKeyring.Parse(key.AsMemory(0, length)).Verify(OpenPgpMessage.Parse(message), s_later));
            Assert.False(verdict is { Problem: null });
        }
    }

    [Fact]
    public void Refuses_a_compression_bomb()
    {
        using var output = new MemoryStream();
        output.Write([0xa3, 1]);
        using (var deflate = new System.IO.Compression.DeflateStream(output, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
            deflate.Write(new byte[64 << 20]);

        Assert.True(output.Length < OpenPgpMessage.MaxSize);
        Assert.Contains("grows beyond", Assert.Throws<MalformedDataException>(() => OpenPgpMessage.Parse(output.ToArray())).Message, StringComparison.Ordinal);
    }

    /// <summary>Where a flipped bit is still accepted; what is then signed must be the same.</summary>
    private static IEnumerable<int> AcceptedFlips(string ring, byte[] message)
    {
        var keys = OpenPgpKeyring.Parse(OpenPgpVectors.Key(ring));
        for (var bit = 0; bit < 8 * message.Length; bit++)
        {
            var changed = Read(() => OpenPgpMessage.Parse(Flip(message, bit)));
            if (changed is null || keys.Verify(changed, s_later).Problem is not null)
                continue;

            Assert.Equal(OpenPgpVectors.Payload, Encoding.UTF8.GetString(changed.Payload.Span));
            yield return bit / 8;
        }
    }

    private static byte[] Flip(byte[] bytes, int bit)
    {
        var copy = bytes.ToArray();
        copy[bit / 8] ^= (byte)(1 << (bit % 8));
        return copy;
    }

    private static T? Read<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }
}
