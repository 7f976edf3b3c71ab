using System.Net;
using Nacre.KeyBroker.Http;

namespace Nacre.UnitTests.KeyBroker;

[Trait("Group", "TrustProtocol")]
public sealed class RateLimitTests
{
    private readonly SteppedTime _time = new();

    [Fact]
    public void A_client_has_its_burst_and_then_its_rate()
    {
        var limit = new RateLimit(new(PerSecond: 10, Burst: 5, SparesLoopback: false), _time);
        Assert.Equal(5, Count(limit, "192.0.2.1", 20));
        Assert.Equal(5, Count(limit, "192.0.2.2", 20));
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(3, Count(limit, "192.0.2.1", 20));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, Count(limit, "192.0.2.1", 20));
    }

    [Fact]
    public void A_refusal_says_when_to_ask_again()
    {
        var limit = new RateLimit(new(PerSecond: 1, Burst: 1, SparesLoopback: false), _time);
        limit.Require(IPAddress.Loopback);

        var refusal = Assert.Throws<KbsProblemException>(() => limit.Require(IPAddress.Loopback));

        Assert.Equal((429, 1.0), (refusal.Status, refusal.RetryAfter!.Value.TotalSeconds));
        _time.Advance(refusal.RetryAfter.Value);
        limit.Require(IPAddress.Loopback);
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::ffff:1:2:3", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("0.0.0.4", "::", false)]
    public void A_client_is_an_address_or_a_network_of_64_bits(string one, string other, bool isSame)
    {
        var limit = new RateLimit(new(PerSecond: 1, Burst: 1, SparesLoopback: false), _time);
        limit.Require(IPAddress.Parse(one));

        Assert.Equal(isSame ? 0 : 1, Count(limit, other, 1));
    }

    [Fact]
    public void Loopback_can_be_spared_and_no_limit_is_none()
    {
        Assert.Equal(100, Count(new RateLimit(new(1, 1, SparesLoopback: true), _time), "127.0.0.1", 100));
        Assert.Equal(1, Count(new RateLimit(new(1, 1, SparesLoopback: true), _time), "192.0.2.1", 100));
        Assert.Equal(100, Count(new RateLimit(new(0, 0, SparesLoopback: false), _time), "192.0.2.1", 100));
    }

    [Fact]
    public void A_million_clients_take_bounded_memory()
    {
        var limit = new RateLimit(new(PerSecond: 10, Burst: 5, SparesLoopback: false), _time);
        for (var i = 0; i < 1_000_000; i++)
            limit.Require(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));

        Assert.InRange(limit.Remembered, 1, 65_536);
    }

    private static int Count(RateLimit limit, string client, int tries)
    {
        var taken = 0;
        for (var i = 0; i < tries; i++)
        {
            try
            {
                limit.Require(IPAddress.Parse(client));
                taken++;
            }
            catch (KbsProblemException)
            {
                // Counted by what is missing.
            }
        }

        return taken;
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _now = 1_000_000;

        public void Advance(TimeSpan time) => _now += time.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;
    }
}
