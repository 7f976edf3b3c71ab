using System.Security.Cryptography;
using Nacre.Formats;
using Nacre.Formats.Cbor;
using Nacre.Formats.Cose;
using Nacre.Formats.X509;

namespace Nacre.Evidence.Cca;

/// <summary>What the realm manager says of the realm (evidence.md 10.1, realm claims). Claims that are not known are not looked at.</summary>
public sealed record CcaRealmClaims
{
    public const string Profile2023 = "tag:arm.com,2023:realm#1.0.0";
    public const string Profile2024 = "tag:arm.com,2024:realm#2.0.0";

    private const string Structure = "cca.realm";
    private const int Registers = 4;

    // An uncompressed point of P-384.
    private const int RawKeySize = 97;

    /// <summary>Null in tokens of the first profile.</summary>
    public string? Profile { get; init; }

    /// <summary>64 bytes the guest chose: report data.</summary>
    public required byte[] Challenge { get; init; }

    /// <summary>64 bytes the host set when it made the realm: init data.</summary>
    public required byte[] PersonalizationValue { get; init; }

    public required string HashAlgorithm { get; init; }

    /// <summary>The realm's attestation key exactly as in the token: a raw point, or a COSE_Key in tokens that name a profile.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>The algorithm whose hash of <see cref="PublicKey"/> is the platform's challenge.</summary>
    public required string PublicKeyHashAlgorithm { get; init; }

    public required byte[] InitialMeasurement { get; init; }
    public required IReadOnlyList<byte[]> ExtensibleMeasurements { get; init; }

    /// <summary>A name of this realm, at most 33 bytes; null in tokens before the profile of 2024.</summary>
    public byte[]? InstanceId { get; init; }

    /// <summary>Whether memory is encrypted with a key of the realm's own (1) or a shared one (0); null as above.</summary>
    public int? MemoryEncryption { get; init; }

    /// <param name="bytes">The payload of the realm token.</param>
    /// <param name="baseOffset">Where it begins in the whole, for messages.</param>
    /// <exception cref="MalformedDataException">A claim is missing or breaks its rule.</exception>
    public static CcaRealmClaims Parse(ReadOnlyMemory<byte> bytes, int baseOffset = 0)
    {
        var claims = CborMap.Parse(Structure, bytes, 64, baseOffset);
        var profile = claims.FindText("265", 512);
        if (profile is not (null or Profile2023 or Profile2024))
            throw claims.Malformed("265", $"'{profile}' is no profile that is known");

        var key = claims.Bytes("44237", 512);
        if (profile is null && key.Length != RawKeySize)
            throw claims.Malformed("44237", $"is {key.Length} bytes long, a point of P-384 has {RawKeySize}");

        return new()
        {
            Profile = profile,
            Challenge = CcaPlatformClaims.Sized(claims, "10", 64),
            PersonalizationValue = CcaPlatformClaims.Sized(claims, "44235", 64),
            HashAlgorithm = HashName(claims, "44236"),
            PublicKey = key,
            PublicKeyHashAlgorithm = HashName(claims, "44240"),
            InitialMeasurement = CcaPlatformClaims.Hash(claims, "44238"),
            ExtensibleMeasurements = ReadRegisters(claims, "44239"),
            InstanceId = ReadInstance(claims, "256"),
            MemoryEncryption = ReadMemoryEncryption(claims, "44243"),
        };
    }

    /// <summary>The realm's attestation key, ready to check the realm token.</summary>
    /// <exception cref="MalformedDataException">It is no point of its curve.</exception>
    public VerificationKey ImportKey()
    {
        if (Profile is null)
            return PublicKey[0] == 4
                ? VerificationKey.FromPoint(ECCurve.NamedCurves.nistP384, PublicKey.AsSpan(1, 48), PublicKey.AsSpan(49))
                : throw new MalformedDataException(Structure, "44237", 0, "is no uncompressed point");

        // COSE_Key (RFC 9053, section 7.1.1): kty 2 is EC2, crv 1 to 3 the NIST curves.
        var key = CborMap.Parse($"{Structure}.44237", PublicKey, 16);
        if (key.Integer("1") != 2)
            throw key.Malformed("1", "must be 2 (EC2)");

        var (curve, size) = key.Integer("-1") switch
        {
            1 => (ECCurve.NamedCurves.nistP256, 32),
            2 => (ECCurve.NamedCurves.nistP384, 48),
            3 => (ECCurve.NamedCurves.nistP521, 66),
            var other => throw key.Malformed("-1", $"is {other}, not one of 1, 2, 3"),
        };
        if (key.FindInteger("3") is { } algorithm && CoseProfile.Evidence.Find(algorithm)?.SignatureSize != 2 * size)
            throw key.Malformed("3", $"is {algorithm}, which is not the algorithm of this curve");

        return VerificationKey.FromPoint(curve, CcaPlatformClaims.Sized(key, "-2", size), CcaPlatformClaims.Sized(key, "-3", size));
    }

    private static string HashName(CborMap claims, string label)
    {
        var name = claims.RequireText(label, 32);
        return CcaHash.Find(name) is not null ? name : throw claims.Malformed(label, $"'{name}' is not one of sha-256, sha-384, sha-512");
    }

    // The first byte is the kind of the id: 1 is a random one.
    private static byte[]? ReadInstance(CborMap claims, string label) => claims.FindBytes(label, 33) switch
    {
        null => null,
        { Length: >= 7 } id when id[0] == 1 => id,
        _ => throw claims.Malformed(label, "must be 7 to 33 bytes, the first of them 1"),
    };

    private static int? ReadMemoryEncryption(CborMap claims, string label) => claims.FindInteger(label) switch
    {
        null => null,
        0 => 0,
        1 => 1,
        var other => throw claims.Malformed(label, $"is {other}, must be 0 or 1"),
    };

    private static byte[][] ReadRegisters(CborMap claims, string label)
    {
        if (!claims.TryRead(label, out var reader))
            throw claims.Malformed(label, "is missing");
        if (reader.Array(label, Registers) != Registers)
            throw claims.Malformed(label, $"must have {Registers} measurements");

        var registers = new byte[Registers][];
        for (var i = 0; i < Registers; i++)
        {
            registers[i] = reader.Bytes(label, 64).ToArray();
            if (!CcaHash.IsSize(registers[i].Length))
                throw reader.Malformed(label, $"is {registers[i].Length} bytes long, must be 32, 48 or 64");
        }

        return registers;
    }
}
