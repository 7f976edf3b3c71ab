using System.Buffers.Binary;
using System.Security.Cryptography;
using Nacre.Formats;
using Nacre.Formats.EventLogs;
using Nacre.Formats.Sm;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Hostile event logs: only the documented exception, in bounded time.</summary>
[Trait("Group", "EvidenceEventLogs")]
public sealed class EventLogAttackTests
{
    private const string Vector = "eventlog/ccel/go-eventlog_CCEL_unpadded.data.bin";

    [Fact]
    public void Every_truncation_is_refused_or_a_whole_number_of_events()
    {
        var log = SharedVectors.Read(Vector);
        var whole = TcgEventLog.Parse(log).Events.Count;
        for (var length = 0; length < log.Length; length++)
        {
            if (Parse(log.AsMemory(0, length)) is { } shorter)
                Assert.InRange(shorter.Events.Count, 0, whole - 1);
        }
    }

    [Fact]
    public void Every_flipped_bit_is_refused_or_changes_what_the_log_says()
    {
        var log = SharedVectors.Read(Vector);
        var genuine = Describe(TcgEventLog.Parse(log));
        for (var bit = 0; bit < 8 * log.Length; bit++)
        {
            log[bit / 8] ^= (byte)(1 << (bit % 8));

            // The header's digest, platform class, version and vendor text are not measured and mean nothing here.
            if (Parse(log) is { } other && bit / 8 >= 32 + 40)
                Assert.NotEqual(genuine, Describe(other));
            log[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0x7fffffffu)]
    [InlineData(0x80000000u)]
    public void Refuses_counts_and_sizes_beyond_the_end(uint value)
    {
        var log = SharedVectors.Read(Vector);
        var header = 32 + (int)BinaryPrimitives.ReadUInt32LittleEndian(log.AsSpan(28));
        foreach (var offset in (int[])[28, header + 8, header + 12 + 50])
        {
            var changed = (byte[])log.Clone();
            BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(offset), value);
            Assert.Throws<MalformedDataException>(() => TcgEventLog.Parse(changed));
        }
    }

    [Fact]
    public void Refuses_a_second_log_behind_the_padding()
    {
        var log = SharedVectors.Read(Vector);
        byte[] hidden = [.. log, .. Enumerable.Repeat((byte)0xff, 64), 1];
        Assert.Throws<MalformedDataException>(() => TcgEventLog.Parse(hidden));
        Assert.Equal(log.Length, TcgEventLog.Parse(hidden.AsMemory(0, log.Length + 64)).Size);
    }

    [Fact]
    public void Random_bytes_never_do_more_than_be_refused()
    {
        var log = SharedVectors.Read(Vector);
        for (var i = 0; i < 2000; i++)
        {
            var changed = (byte[])log.Clone();
            RandomNumberGenerator.Fill(changed.AsSpan(RandomNumberGenerator.GetInt32(changed.Length - 16), 16));
            Parse(changed);
        }
    }

    [Theory]
    [InlineData("abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")]
    [InlineData("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd", "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")]
    public void Sm3_is_that_of_the_standard(string message, string hash) =>
        Assert.Equal(hash, Convert.ToHexStringLower(Sm3.HashData(System.Text.Encoding.ASCII.GetBytes(message).AsSpan())));

    private static TcgEventLog? Parse(ReadOnlyMemory<byte> log)
    {
        try
        {
            return TcgEventLog.Parse(log);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static string Describe(TcgEventLog log) => string.Join('\n', log.Events.Select(@event =>
        $"{@event.Register} {@event.Type} {string.Join(' ', @event.Digests.Select(digest => Convert.ToHexString(digest.Value.Span)))} {Convert.ToHexString(@event.Data.Span)}"));
}
