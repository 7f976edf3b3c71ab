using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>
/// Intel's authorities and one platform, with own keys: collateral and quotes that differ from the genuine in the root alone.
/// </summary>
internal sealed class OwnIntel : IDisposable
{
    public const string Fmspc = "00906ed50000";

    /// <summary>The middle of everything that is dated.</summary>
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly (DateTimeOffset, DateTimeOffset) s_years = (Now.AddYears(-3), Now.AddYears(3));

    private readonly OwnAuthority _root = OwnAuthority.OfEcdsa("Intel SGX Root CA", null, s_years);
    private readonly OwnAuthority _platformAuthority;
    private readonly ECDsa _signerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _signer;

    public OwnIntel()
    {
        _platformAuthority = OwnAuthority.OfEcdsa("Intel SGX PCK Platform CA", _root, s_years);
        _signer = _root.Issue("Intel SGX TCB Signing", _signerKey, s_years, []);
        PckKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Pck = IssuePck(s_years);
    }

    public ECDsa PckKey { get; }

    /// <summary>The platform's certificate.</summary>
    public byte[] Pck { get; set; }

    public OwnAuthority Root => _root;
    public OwnAuthority PlatformAuthority => _platformAuthority;
    public byte[] Signer => _signer;
    public string RootKeyDigest => VerificationKey.Digest(_root.PublicKeyInfo);
    public byte[] PckChain => Pem(Pck, _platformAuthority.Certificate, _root.Certificate);
    public byte[] SigningChain => Pem(_signer, _root.Certificate);
    public byte[] ListChain => Pem(_platformAuthority.Certificate, _root.Certificate);

    /// <summary>Thirty days around <see cref="Now"/>, as Intel's documents have.</summary>
    public static (DateTimeOffset From, DateTimeOffset Until) Month => (Now.AddDays(-10), Now.AddDays(20));

    public DcapOptions Options(DcapCollateralBytes bytes) => new()
    {
        RootKeyDigest = RootKeyDigest,
        Collateral = new MemoryDcapCollateral(DcapCollateral.Parse(bytes, RootKeyDigest)),
    };

    public DcapCollateralBytes Collateral(bool isTdx) => new()
    {
        TcbInfo = TcbInfo(isTdx),
        QeIdentity = QeIdentity(isTdx),
        TcbSigningChain = SigningChain,
        PckCrl = _platformAuthority.RevocationList(Month),
        RootCaCrl = _root.RevocationList(Month),
    };

    public byte[] TcbInfo(bool isTdx, Action<JsonObject>? change = null)
    {
        var info = new JsonObject
        {
            ["id"] = isTdx ? "TDX" : "SGX",
            ["version"] = 3,
            ["issueDate"] = Iso(Month.From),
            ["nextUpdate"] = Iso(Month.Until),
            ["fmspc"] = Fmspc.ToUpperInvariant(),
            ["pceId"] = "0000",
            ["tcbType"] = 0,
            ["tcbEvaluationDataNumber"] = 18,
            ["tcbLevels"] = new JsonArray(Level(7, isTdx, "UpToDate"), Level(5, isTdx, "OutOfDate"), Level(3, isTdx, "Revoked")),
        };
        if (isTdx)
        {
            info["tdxModule"] = Module();
            info["tdxModuleIdentities"] = new JsonArray(Identity("TDX_01"));
        }

        change?.Invoke(info);
        return Sign("tcbInfo", info);
    }

    public byte[] QeIdentity(bool isTdx, Action<JsonObject>? change = null)
    {
        var identity = new JsonObject
        {
            ["id"] = isTdx ? "TD_QE" : "QE",
            ["version"] = 2,
            ["issueDate"] = Iso(Month.From),
            ["nextUpdate"] = Iso(Month.Until),
            ["tcbEvaluationDataNumber"] = 18,
            ["miscselect"] = "00000000",
            ["miscselectMask"] = "FFFFFFFF",
            ["attributes"] = "11000000000000000000000000000000",
            ["attributesMask"] = "FBFFFFFFFFFFFFFF0000000000000000",
            ["mrsigner"] = new string('A', 64),
            ["isvprodid"] = 1,
            ["tcbLevels"] = new JsonArray(SvnLevel(8, "UpToDate"), SvnLevel(4, "Revoked")),
        };
        change?.Invoke(identity);
        return Sign("enclaveIdentity", identity);
    }

    /// <summary>Another certificate for the same platform.</summary>
    public byte[] IssuePck((DateTimeOffset, DateTimeOffset) life, byte svn = 7, OwnAuthority? issuer = null, params X509Extension[] more) =>
        (issuer ?? _platformAuthority)
            .Issue("Intel SGX PCK Certificate", PckKey, life, [new X509Extension(PckExtensions.Oid, SgxExtension(svn), false), .. more]);

    public void Dispose()
    {
        _root.Dispose();
        _platformAuthority.Dispose();
        _signerKey.Dispose();
        PckKey.Dispose();
    }

    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    public static byte[] Pem(params byte[][] certificates) =>
        Encoding.ASCII.GetBytes(string.Concat(certificates.Select(one => PemEncoding.WriteString("CERTIFICATE", one) + "\n")));

    public static JsonObject SvnLevel(int svn, string status) => new()
    {
        ["tcb"] = new JsonObject { ["isvsvn"] = svn },
        ["tcbDate"] = "2026-01-01T00:00:00Z",
        ["tcbStatus"] = status,
    };

    private static JsonObject Level(int svn, bool isTdx, string status)
    {
        var tcb = new JsonObject { ["sgxtcbcomponents"] = Components(svn), ["pcesvn"] = 10 };
        if (isTdx)
            tcb["tdxtcbcomponents"] = Components(svn);
        return new() { ["tcb"] = tcb, ["tcbDate"] = "2026-01-01T00:00:00Z", ["tcbStatus"] = status };
    }

    private static JsonArray Components(int svn) => [.. Enumerable.Range(0, 16).Select(_ => (JsonNode)new JsonObject { ["svn"] = svn })];

    private static JsonObject Module() => new()
    {
        ["mrsigner"] = new string('0', 96),
        ["attributes"] = new string('0', 16),
        ["attributesMask"] = new string('F', 16),
    };

    private static JsonObject Identity(string id)
    {
        var identity = Module();
        identity["id"] = id;
        identity["tcbLevels"] = new JsonArray(SvnLevel(7, "UpToDate"), SvnLevel(5, "OutOfDate"));
        return identity;
    }

    private byte[] Sign(string member, JsonObject body)
    {
        var text = body.ToJsonString();
        var signature = _signerKey.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256);
        return Encoding.UTF8.GetBytes($$"""{"{{member}}":{{text}},"signature":"{{Convert.ToHexStringLower(signature)}}"}""");
    }

    // As the Platform CA writes it: with the instance and the configuration (evidence.md 2.3).
    private static byte[] SgxExtension(byte svn)
    {
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            Element(der, "1", () => der.WriteOctetString(new byte[16]));
            Element(der, "2", () =>
            {
                using (der.PushSequence())
                {
                    for (var i = 1; i <= PckExtensions.Components; i++)
                        Element(der, $"2.{i}", () => der.WriteInteger(svn));
                    Element(der, "2.17", () => der.WriteInteger(10));
                    Element(der, "2.18", () => der.WriteOctetString(new byte[16]));
                }
            });
            Element(der, "3", () => der.WriteOctetString(new byte[2]));
            Element(der, "4", () => der.WriteOctetString(Convert.FromHexString(Fmspc)));
            Element(der, "5", () => der.WriteEncodedValue([0x0a, 0x01, 0x01]));
            Element(der, "6", () => der.WriteOctetString(new byte[16]));
            Element(der, "7", () =>
            {
                using (der.PushSequence())
                {
                    for (var i = 1; i <= 3; i++)
                        Element(der, $"7.{i}", () => der.WriteBoolean(false));
                }
            });
        }

        return der.Encode();
    }

    private static void Element(AsnWriter der, string arc, Action write)
    {
        using (der.PushSequence())
        {
            der.WriteObjectIdentifier($"{PckExtensions.Oid}.{arc}");
            write();
        }
    }
}
