using System.Security.Cryptography;
using System.Text;
using Nacre.Evidence.Cca;
using Nacre.Formats.Jose;
using Nacre.Verifiers;
using Nacre.Verifiers.Cca;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>A platform and a realm of one's own, of the newer profiles, and the tokens they sign.</summary>
internal sealed class OwnCca
{
    public static readonly byte[] Challenge = [.. Enumerable.Range(0, 64).Select(i => (byte)(0x80 + i))];
    public static readonly byte[] Personalization = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];

    private static readonly byte[] s_implementation = [.. Enumerable.Repeat((byte)0x11, 32)];
    private static readonly byte[] s_instance = [1, .. Enumerable.Repeat((byte)0x22, 32)];

    private readonly ECDsa _platformKey;
    private readonly ECDsa _realmKey;

    public OwnCca(ECCurve? platformCurve = null, ECCurve? realmCurve = null)
    {
        _platformKey = ECDsa.Create(platformCurve ?? ECCurve.NamedCurves.nistP384);
        _realmKey = ECDsa.Create(realmCurve ?? ECCurve.NamedCurves.nistP384);
        var measurement = CborBytes.Bytes([.. Enumerable.Repeat((byte)0x33, 32)]);
        Platform = new()
        {
            [265] = CborBytes.Text(CcaPlatformClaims.Profile2023),
            [2396] = CborBytes.Bytes(s_implementation),
            [256] = CborBytes.Bytes(s_instance),
            [2401] = CborBytes.Bytes([1, 2, 3]),
            [2395] = CborBytes.Integer(0x3000),
            [2402] = CborBytes.Text("sha-256"),
            [2399] = CborBytes.Array(CborBytes.Map(
                (CborBytes.Integer(1), CborBytes.Text("RMM")), (CborBytes.Integer(2), measurement), (CborBytes.Integer(5), measurement))),
        };
        Realm = new()
        {
            [265] = CborBytes.Text(CcaRealmClaims.Profile2024),
            [10] = CborBytes.Bytes(Challenge),
            [44235] = CborBytes.Bytes(Personalization),
            [44236] = CborBytes.Text("sha-256"),
            [44238] = measurement,
            [44239] = CborBytes.Array(measurement, measurement, measurement, measurement),
            [44240] = CborBytes.Text("sha-256"),
        };
        SetRealmKey(CoseKey());
    }

    /// <summary>Claims by their labels, each in CBOR. Tests change them.</summary>
    public OrderedDictionary<long, byte[]> Platform { get; }

    public OrderedDictionary<long, byte[]> Realm { get; }

    public CcaTrustAnchors Anchors => CcaTrustAnchors.FromJson(Encoding.UTF8.GetBytes(
        $$"""
        [{
          "implementation-id": "{{Convert.ToHexString(s_implementation)}}",
          "instance-id": "{{Convert.ToHexString(s_instance)}}",
          "pkey": {{Jwk(_platformKey)}}
        }]
        """));


    public static string Jwk(ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        var (x, y) = (Base64UrlText.Encode(point.X!), Base64UrlText.Encode(point.Y!));
        return $$"""{"kty":"EC","crv":"P-{{key.KeySize}}","x":"{{x}}","y":"{{y}}"}""";
    }

    /// <summary>Puts a key into the realm token and its hash into the platform token, where it belongs.</summary>
    public void SetRealmKey(byte[] key)
    {
        Realm[44237] = CborBytes.Bytes(key);
        Platform[10] = CborBytes.Bytes(SHA256.HashData(key));
    }

    /// <summary>The realm's key as COSE_Key, with other members behind its own.</summary>
    public byte[] CoseKey(params (byte[] Key, byte[] Value)[] more)
    {
        var point = _realmKey.ExportParameters(false).Q;
        var curve = _realmKey.KeySize switch { 256 => 1, 384 => 2, _ => 3 };
        return CborBytes.Map(
        [
            (CborBytes.Integer(1), CborBytes.Integer(2)), (CborBytes.Integer(-1), CborBytes.Integer(curve)),
            (CborBytes.Integer(-2), CborBytes.Bytes(point.X!)), (CborBytes.Integer(-3), CborBytes.Bytes(point.Y!)), .. more,
        ]);
    }

    /// <summary>The realm's key as a bare point.</summary>
    public byte[] Point() => [4, .. _realmKey.ExportParameters(false).Q.X!, .. _realmKey.ExportParameters(false).Q.Y!];

    public byte[] SignPlatform() => CoseBytes.Sign(_platformKey, Claims(Platform), isTagged: true);

    public byte[] SignRealm() => CoseBytes.Sign(_realmKey, Claims(Realm), isTagged: true);

    public byte[] Token() => Collection(
        CcaToken.LegacyCollection, (44234, CborBytes.Bytes(SignPlatform())), (44241, CborBytes.Bytes(SignRealm())));

    public static byte[] Collection(ulong tag, params (long Label, byte[] Value)[] members) =>
        CborBytes.Tag(tag, CborBytes.Map([.. members.Select(member => (CborBytes.Integer(member.Label), member.Value))]));

    /// <summary>The verdict on the token as it is now, by a verifier that believes this platform.</summary>
    public Verdict Verify(byte[]? token = null, CcaOptions? options = null, byte[]? reportData = null, byte[]? initData = null) =>
        new CcaVerifier((options ?? new()) with { TrustAnchors = Anchors })
            .VerifyToken(
                token ?? Token(), new() { Evidence = default, At = OwnNitro.At, ReportData = reportData, InitDataDigest = initData });

    private static byte[] Claims(OrderedDictionary<long, byte[]> claims) =>
        CborBytes.Map([.. claims.Select(claim => (CborBytes.Integer(claim.Key), claim.Value))]);
}
