using Nacre.Formats;

namespace Nacre.Evidence.Se;

/// <summary>
/// An attestation request control block of IBM Secure Execution (evidence.md 12.1; big endian): for whom it is, what it asks for, and
/// under the keys of those hosts, a measurement key that the ultravisor is to answer with. Read, but not opened.
/// </summary>
public sealed class SeAttestationRequest
{
    public const uint Version1 = 0x100;
    public const uint HmacSha512 = 1;
    public const int CoordinateSize = 80;
    public const int KeyslotSize = 80;
    public const int IvSize = 12;
    public const int TagSize = 16;
    public const int MeasurementKeySize = 64;
    public const int NonceSize = 16;
    public const int MaxKeyslots = 100;

    /// <summary>Where the keyslots begin.</summary>
    public const int HeadSize = 0xe0;

    private const string Structure = "se.request";

    private SeAttestationRequest(ReadOnlyMemory<byte> raw) => Raw = raw;

    public ReadOnlyMemory<byte> Raw { get; }
    public ReadOnlyMemory<byte> Iv { get; private init; }
    public SeRequestItems Items { get; private init; }
    public required IReadOnlyList<SeKeyslot> Keyslots { get; init; }

    /// <summary>Of the key that was made for this request, as wide as the fields.</summary>
    public ReadOnlyMemory<byte> CustomerKeyX { get; private init; }

    public ReadOnlyMemory<byte> CustomerKeyY { get; private init; }

    /// <summary>What is authenticated and not encrypted: everything before <see cref="Encrypted"/>.</summary>
    public ReadOnlyMemory<byte> Authenticated { get; private init; }

    public ReadOnlyMemory<byte> Encrypted { get; private init; }
    public ReadOnlyMemory<byte> Tag { get; private init; }

    /// <exception cref="MalformedDataException">The bytes are no such request; the field says where.</exception>
    public static SeAttestationRequest Parse(ReadOnlyMemory<byte> raw)
    {
        var r = new StructReader(Structure, raw.Span);
        r.Reserved(8, "magic");
        if (r.UInt32BE("version") is not Version1)
            throw r.Malformed("must be 0x100");
        if (r.UInt32BE("size") != raw.Length)
            throw r.Malformed($"is not the size of the request, {raw.Length}");

        r.Bytes(IvSize, "iv");
        r.Reserved(11, "reserved_1c");
        var count = r.UInt8("number_of_keyslots");
        if (count is 0 or > MaxKeyslots)
            throw r.Malformed($"must be 1 to {MaxKeyslots}");
        r.Reserved(4, "reserved_28");
        var encryptedSize = r.UInt32BE("encrypted_size");
        var flags = (SeRequestItems)r.UInt64BE("flags");
        if ((flags & ~SeRequestItems.Known) != SeRequestItems.None)
            throw r.Malformed($"has unknown bits: 0x{(ulong)flags:x16}");

        if (r.UInt32BE("measurement_algorithm") is not HmacSha512)
            throw r.Malformed("must be 1 (HMAC-SHA-512)");
        r.Reserved(4, "reserved_3c");
        r.Bytes(CoordinateSize, "customer_key_x");
        r.Bytes(CoordinateSize, "customer_key_y");

        var slots = new SeKeyslot[count];
        for (var i = 0; i < slots.Length; i++)
        {
            r.Bytes(KeyslotSize, "keyslot");
            slots[i] = new(raw[(r.Offset - KeyslotSize)..r.Offset]);
        }

        var wanted = MeasurementKeySize + (flags.HasFlag(SeRequestItems.Nonce) ? NonceSize : 0);
        if (encryptedSize != wanted)
            throw new MalformedDataException(Structure, "encrypted_size", 0x2c, $"must be {wanted} with these flags, is {encryptedSize}");

        var authenticated = raw[..r.Offset];
        r.Bytes(wanted, "encrypted");
        r.Bytes(TagSize, "tag");
        r.End();
        return new(raw)
        {
            Iv = raw.Slice(0x10, IvSize),
            Items = flags,
            CustomerKeyX = raw.Slice(0x40, CoordinateSize),
            CustomerKeyY = raw.Slice(0x40 + CoordinateSize, CoordinateSize),
            Keyslots = slots,
            Authenticated = authenticated,
            Encrypted = raw.Slice(authenticated.Length, wanted),
            Tag = raw[^TagSize..],
        };
    }
}

/// <summary>The request's key for one host: who that is (32 bytes), the wrapped key (32), and its tag (16).</summary>
public sealed record SeKeyslot(ReadOnlyMemory<byte> Raw)
{
    public ReadOnlyMemory<byte> HostKeyHash => Raw[..32];
    public ReadOnlyMemory<byte> WrappedKey => Raw[32..64];
    public ReadOnlyMemory<byte> Tag => Raw[64..];
}
