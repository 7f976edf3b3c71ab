using System.Net;
using System.Net.Sockets;
using Nacre.Evidence.Protocol;

namespace Nacre.KeyBroker.Http;

/// <summary>How many requests one client may make. A client is an IPv4 address, or the first 64 bits of an IPv6 address.</summary>
/// <param name="PerSecond">In the long run; 0 for no limit.</param>
/// <param name="Burst">At once, after a rest.</param>
/// <param name="SparesLoopback">This machine is not limited; a proxy on it speaks for many clients.</param>
public sealed record RateLimitOptions(int PerSecond, int Burst, bool SparesLoopback);

/// <summary>
/// One number per client: the time at which all its requests so far would have been due (GCRA, as ATM networks use it). When there
/// are too many clients, those that were not seen for the longest time are forgotten.
/// </summary>
public sealed class RateLimit(RateLimitOptions options, TimeProvider clock)
{
    private const int MaxPerGeneration = 32_768;

    private readonly long _interval = options.PerSecond == 0 ? 0 : clock.TimestampFrequency / options.PerSecond;
    private readonly Lock _gate = new();
    private Dictionary<UInt128, long> _current = [];
    private Dictionary<UInt128, long> _previous = [];

    /// <summary>Clients that take memory.</summary>
    public int Remembered => _current.Count + _previous.Count;

    /// <exception cref="KbsProblemException">429 with the time after which it may ask again.</exception>
    public void Require(IPAddress? client)
    {
        if (_interval == 0 || client is null || options.SparesLoopback && IPAddress.IsLoopback(client))
            return;

        if (TakeOrWait(KeyOf(client)) is { } wait)
        {
            throw new KbsProblemException(
                429, ErrorTypes.TooManyRequests, $"this client makes more than {options.PerSecond} requests per second")
            {
                RetryAfter = wait,
            };
        }
    }

    private TimeSpan? TakeOrWait(UInt128 client)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (!_current.TryGetValue(client, out var due))
                _previous.TryGetValue(client, out due);

            var next = Math.Max(due, now) + _interval;
            var excess = next - now - _interval * options.Burst;
            if (excess > 0)
                return TimeSpan.FromSeconds((double)excess / clock.TimestampFrequency);

            if (_current.Count >= MaxPerGeneration && !_current.ContainsKey(client))
                (_previous, _current) = (_current, []);
            _current[client] = next;
            return null;
        }
    }

    private static UInt128 KeyOf(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6)
            client = client.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        client.TryWriteBytes(bytes, out _);
        if (client.AddressFamily == AddressFamily.InterNetworkV6)
            bytes[8..].Clear();
        else
            bytes[15] = 4;
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
