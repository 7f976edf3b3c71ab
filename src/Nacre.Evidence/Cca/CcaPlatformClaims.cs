using Nacre.Formats;
using Nacre.Formats.Cbor;

namespace Nacre.Evidence.Cca;

/// <summary>What the platform says of itself (evidence.md 10.1, platform claims). Claims that are not known are not looked at.</summary>
public sealed record CcaPlatformClaims
{
    public const string LegacyProfile = "http://arm.com/CCA-SSD/1.0.0";
    public const string Profile2023 = "tag:arm.com,2023:cca_platform#1.0.0";
    public const int MaxSize = 16 * 1024;

    private const string Structure = "cca.platform";
    private const int MaxText = 512;

    public required string Profile { get; init; }

    /// <summary>The hash of the realm's attestation key: what binds the two tokens.</summary>
    public required byte[] Challenge { get; init; }

    public required byte[] ImplementationId { get; init; }
    public required byte[] InstanceId { get; init; }
    public required byte[] Configuration { get; init; }

    /// <summary>As on the wire; the low byte is the maker's own.</summary>
    public required int RawLifecycle { get; init; }

    public CcaLifecycle Lifecycle => (CcaLifecycle)(RawLifecycle >> 8);

    public required string HashAlgorithm { get; init; }
    public required IReadOnlyList<CcaSoftwareComponent> Software { get; init; }
    public string? VerificationService { get; init; }

    /// <param name="bytes">The payload of the platform token.</param>
    /// <param name="baseOffset">Where it begins in the whole, for messages.</param>
    /// <exception cref="MalformedDataException">A claim is missing or breaks its rule.</exception>
    public static CcaPlatformClaims Parse(ReadOnlyMemory<byte> bytes, int baseOffset = 0)
    {
        var claims = CborMap.Parse(Structure, bytes, 64, baseOffset);
        var profile = claims.RequireText("265", MaxText);
        if (profile is not (LegacyProfile or Profile2023))
            throw claims.Malformed("265", $"'{profile}' is no profile that is known");

        var lifecycle = claims.Integer("2395");
        if (lifecycle is < 0 or > 0xffff || !Enum.IsDefined((CcaLifecycle)(lifecycle >> 8)))
            throw claims.Malformed("2395", $"{lifecycle} is no state of a platform's life");

        var hash = claims.RequireText("2402", 32);
        if (CcaHash.Find(hash) is null)
            throw claims.Malformed("2402", $"'{hash}' is not one of sha-256, sha-384, sha-512");

        var service = claims.FindText("2400", MaxText);
        if (service is "")
            throw claims.Malformed("2400", "is empty");

        var instance = claims.Bytes("256", 33);
        if (instance.Length != 33 || instance[0] != 1)
            throw claims.Malformed("256", "must be 33 bytes, the first of them 1");

        return new()
        {
            Profile = profile,
            Challenge = Hash(claims, "10"),
            ImplementationId = Sized(claims, "2396", 32),
            InstanceId = instance,
            Configuration = claims.Bytes("2401", 4096),
            RawLifecycle = (int)lifecycle,
            HashAlgorithm = hash,
            Software = CcaSoftwareComponent.ReadAll(claims, "2399"),
            VerificationService = service,
        };
    }

    internal static byte[] Hash(CborMap claims, string label)
    {
        var value = claims.Bytes(label, 64);
        return CcaHash.IsSize(value.Length) ? value : throw claims.Malformed(label, $"is {value.Length} bytes long, must be 32, 48 or 64");
    }

    internal static byte[] Sized(CborMap claims, string label, int size)
    {
        var value = claims.Bytes(label, size);
        return value.Length == size ? value : throw claims.Malformed(label, $"is {value.Length} bytes long, must be {size}");
    }
}
