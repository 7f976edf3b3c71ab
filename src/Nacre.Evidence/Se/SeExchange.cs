using Nacre.Formats;

namespace Nacre.Evidence.Se;

/// <summary>
/// A file that <c>pvattest</c> of s390-tools carries between verifier and guest (big endian): the request, and once the guest has
/// answered, the answer.
/// </summary>
public sealed record SeExchange
{
    public const int MaxSize = 4 * 1024 * 1024;

    private const string Structure = "se.exchange";
    private const int HeaderSize = 0x40;
    private const int MaxRequest = 1024 * 1024;

    public required ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>Empty in a request.</summary>
    public required SeExchangePart Measurement { get; init; }

    public required SeExchangePart AdditionalData { get; init; }
    public required SeExchangePart UserData { get; init; }
    public required SeExchangePart ConfigurationUid { get; init; }

    /// <summary>Whether the guest has answered.</summary>
    public bool IsAnswered => !Measurement.Data.IsEmpty;

    /// <exception cref="MalformedDataException">The bytes are no such file.</exception>
    public static SeExchange Parse(ReadOnlyMemory<byte> raw)
    {
        if (raw.Length > MaxSize)
            throw new MalformedDataException(Structure, "(file)", MaxSize, $"is {raw.Length} bytes long, at most {MaxSize} are allowed");

        var r = new StructReader(Structure, raw.Span);
        if (!r.Bytes(8, "magic").SequenceEqual("pvattest"u8))
            throw r.Malformed("must be pvattest");
        if (r.UInt32BE("version") is not 0x100)
            throw r.Malformed("must be 0x100");
        if (r.UInt32BE("size") != raw.Length)
            throw r.Malformed($"is not the size of the file, {raw.Length}");
        r.Reserved(8, "reserved");

        // The parts follow each other in this order, without gaps: what no part holds would be looked at by nobody.
        var end = HeaderSize;
        var exchange = new SeExchange
        {
            Request = Read(ref r, raw, ref end, "request", MaxRequest).Data,
            Measurement = Read(ref r, raw, ref end, "measurement", SeMeasurement.Size),
            AdditionalData = Read(ref r, raw, ref end, "additional_data", SeMeasurement.MaxAdditionalData),
            UserData = Read(ref r, raw, ref end, "user_data", SeMeasurement.MaxUserData),
            ConfigurationUid = Read(ref r, raw, ref end, "configuration_uid", SeMeasurement.ConfigurationUidSize),
        };
        if (end != raw.Length || exchange.Request.IsEmpty)
            throw new MalformedDataException(Structure, "(parts)", end, "do not fill the file, or there is no request");
        return exchange;
    }

    private static SeExchangePart Read(ref StructReader r, ReadOnlyMemory<byte> raw, ref int end, string field, int max)
    {
        var size = r.UInt32BE(field + ".size");
        var offset = r.UInt32BE(field + ".offset");
        if (size > max)
            throw r.Malformed($"is of a part with {size} bytes, at most {max} are allowed");

        // Without an offset the size is that which an answer is expected to have.
        if (size == 0 || offset == 0)
            return new((int)size, default);
        if (offset != end || size > raw.Length - end)
            throw r.Malformed($"must be 0x{end:x}, with {size} bytes after it");

        end += (int)size;
        return new((int)size, raw.Slice(end - (int)size, (int)size));
    }
}

/// <param name="Size">In bytes, real or expected.</param>
/// <param name="Data">Empty where the file has only the size.</param>
public sealed record SeExchangePart(int Size, ReadOnlyMemory<byte> Data);
