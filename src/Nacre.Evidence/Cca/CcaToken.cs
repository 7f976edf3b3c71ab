using Nacre.Formats;
using Nacre.Formats.Cbor;

namespace Nacre.Evidence.Cca;

/// <summary>
/// A token of Arm CCA (evidence.md 10.1): the platform's and the realm's in one collection. Two forms of it are in use: tag 399 with byte strings,
/// and tag 907 with <c>[263, byte string]</c>. Anything else is refused.
/// </summary>
/// <param name="CollectionTag">399 or 907.</param>
/// <param name="Platform">Signed by the platform's key (CPAK).</param>
/// <param name="Realm">Signed by the realm's key (RAK), which the platform's challenge vouches for.</param>
public sealed record CcaToken(ulong CollectionTag, CcaPlatformToken Platform, CcaRealmToken Realm)
{
    public const ulong LegacyCollection = 399;
    public const ulong CmwCollection = 907;
    public const int MaxSize = 64 * 1024;

    // The CoAP content format of an EAT that is a CWT.
    private const int EatCwt = 263;

    private const string Structure = "cca.token";
    private const string PlatformLabel = "44234";
    private const string RealmLabel = "44241";

    /// <exception cref="MalformedDataException">It is no such token; the field and offset say where.</exception>
    public static CcaToken Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxSize)
            throw new MalformedDataException(Structure, "(token)", MaxSize, $"is {bytes.Length} bytes long, at most {MaxSize} are allowed");

        var reader = new CborReader(Structure, bytes.Span);
        var tag = reader.Tag("(collection)");
        if (tag is not (LegacyCollection or CmwCollection))
            throw reader.Malformed("(collection)", $"has tag {tag}, must have {LegacyCollection} or {CmwCollection}");

        var members = CborMap.Parse(Structure, bytes[reader.Offset..], 2, reader.Offset);
        var (platform, platformOffset) = Member(members, PlatformLabel, tag);
        var (realm, realmOffset) = Member(members, RealmLabel, tag);
        return new(tag, CcaPlatformToken.Parse(platform, platformOffset), CcaRealmToken.Parse(realm, realmOffset));
    }

    private static (ReadOnlyMemory<byte> Bytes, int Offset) Member(CborMap members, string label, ulong tag)
    {
        var (raw, offset) = members.Raw(label);
        var reader = new CborReader(Structure, raw.Span, offset);
        if (tag == CmwCollection && (reader.Array(label, 2) != 2 || reader.Integer(label) != EatCwt))
            throw members.Malformed(label, $"must be [{EatCwt}, token]");

        var length = reader.Bytes(label, MaxSize).Length;
        reader.End();
        return (raw.Slice(reader.Offset - length, length), offset + reader.Offset - length);
    }
}
