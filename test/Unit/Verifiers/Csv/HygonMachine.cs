using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;
using Nacre.Formats.Sm;
using Nacre.Verifiers.Csv;

namespace Nacre.UnitTests.Verifiers.Csv;

/// <summary>
/// A machine of Hygon that exists only here, with a root of its own: reports of version 2 and of accelerators are public nowhere.
/// </summary>
internal sealed class HygonMachine : IHygonCollateral
{
    public const string SerialNumber = "TEST0123456789";

    private const int NoDebug = 1;

    private readonly Sm2Signer _root = new("HYGON-SSD-HRK");
    private readonly Sm2Signer _signing = new("HYGON-SSD-HSK");
    private readonly Sm2Signer _chip = new("HYGON-SSD-CEK");
    private readonly Sm2Signer _platform = new("HYGON-SSD-PEK");

    public HygonMachine()
    {
        Root = HygonAuthorityCertificate.Parse(Authority(_root, 1, 1, HygonAuthorityCertificate.RootUsage, _root));
        var signing = Authority(_signing, 2, 1, HygonAuthorityCertificate.SigningUsage, _root);
        var chip = Certificate(_chip, HygonCertificate.ChipUsage, _signing, HygonAuthorityCertificate.SigningUsage);
        Chain = HygonChain.Parse([.. signing, .. chip]);
        PlatformKey = Certificate(_platform, HygonCertificate.PlatformUsage, _chip, HygonCertificate.ChipUsage);
    }

    public HygonAuthorityCertificate Root { get; }
    public HygonChain Chain { get; }
    public byte[] PlatformKey { get; }

    public ValueTask<HygonChain?> FindChainAsync(string serialNumber, CancellationToken cancel) => ValueTask.FromResult<HygonChain?>(Chain);

    /// <summary>A report of version 2 as firmware returns it, with its signer.</summary>
    /// <param name="reportData">At most 64 bytes.</param>
    /// <param name="registers">RTMR0 to 4; null for zeros.</param>
    /// <param name="policy">NODBG when left out.</param>
    /// <param name="usage">Of the signature.</param>
    public byte[] Report(byte[] reportData, byte[][]? registers = null, uint policy = NoDebug, uint usage = HygonCertificate.PlatformUsage)
    {
        var body = new byte[1168];
        body.AsSpan(0, 64).Fill(0x11);
        reportData.CopyTo(body, 64);
        var nonce = body.AsSpan(128, 16);
        nonce.Fill(0x22);
        body.AsSpan(144, 32).Fill(0x33);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(176), policy);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(180), usage);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(184), 4);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(188), 2337);
        body[192] = 1;
        body[194] = 0x44;
        for (var i = 0; i < 5; i++)
            registers?[i].CopyTo(body, 208 + 32 * i);
        body[368] = 0x55;
        Signature(_platform.Sign(body.AsSpan(0, 1024))).CopyTo(body, 1024);

        byte[] signer = [.. PlatformKey, .. Serial(64), .. new byte[32]];
        return [.. body, .. signer, .. Sm3.HmacData(nonce, signer)];
    }

    /// <summary>The evidence of TEE <c>csv</c> around a report of version 2.</summary>
    public JsonObject Evidence(byte[] report, byte[]? eventLog = null) => new()
    {
        ["attestation_report"] = new JsonObject
        {
            ["magic"] = Numbers("ATTESTATION_EXT\0"u8),
            ["flags"] = 1,
            ["data"] = Numbers([.. report, .. new byte[CsvReport.PageSize - report.Length]]),
        },
        ["cert_chain"] = new JsonObject
        {
            ["hsk_cek"] = new JsonObject
            {
                ["hsk"] = AuthorityJson(Chain.SigningKey.Raw.Span),
                ["cek"] = CertificateJson(Chain.ChipKey.Raw.Span),
            },
            ["pek"] = CertificateJson(PlatformKey),
        },
        ["serial_number"] = Numbers(Serial(64)),
        ["cc_eventlog"] = eventLog is null ? null : Convert.ToBase64String(eventLog),
    };

    /// <summary>The report of one accelerator.</summary>
    public JsonObject DeviceReport(byte[] userData, string chipId = SerialNumber)
    {
        byte[] id = [.. Encoding.ASCII.GetBytes(chipId), .. new byte[16 - chipId.Length]];
        byte[] data = [.. userData, .. new byte[64 - userData.Length]];
        var measure = Enumerable.Repeat((byte)0x66, 32).ToArray();
        byte[] body = [1, 0, 0, 0, .. id, .. data, .. measure, .. new byte[128], 4, 0x10, 0, 0, 4, 0, 0, 0];
        var (r, s) = _chip.Sign(body);
        return new()
        {
            ["body"] = new JsonObject
            {
                ["version"] = 1,
                ["chip_id"] = Numbers(id),
                ["user_data"] = Numbers(data),
                ["measure"] = Numbers(measure),
                ["reserved"] = Numbers(new byte[128]),
                ["sig_usage"] = 0x1004,
                ["sig_algo"] = 4,
            },
            ["sig"] = new JsonObject { ["r"] = Numbers(Sm2Signer.Field(r)), ["s"] = Numbers(Sm2Signer.Field(s)) },
        };
    }

    public static byte[] Utf8(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    // evidence.md 11.2, the form of HRK and HSK.
    private static byte[] Authority(Sm2Signer key, byte id, byte signerId, uint usage, Sm2Signer signer)
    {
        var body = new byte[576];
        body.AsSpan(4, 16).Fill(id);
        body.AsSpan(20, 16).Fill(signerId);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(36), usage);
        WriteKey(body.AsSpan(64), key);
        return [.. body, .. Signature(signer.Sign(body)), .. new byte[112]];
    }

    // The form of CEK and PEK; the second slot stays empty.
    private static byte[] Certificate(Sm2Signer key, uint usage, Sm2Signer signer, uint signerUsage)
    {
        var body = new byte[1044];
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), usage);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), 4);
        WriteKey(body.AsSpan(16), key);
        body.AsSpan(420, 16).Fill(2);
        var slots = new byte[2 * 520];
        BinaryPrimitives.WriteUInt32LittleEndian(slots, signerUsage);
        BinaryPrimitives.WriteUInt32LittleEndian(slots.AsSpan(4), 4);
        Signature(signer.Sign(body)).CopyTo(slots, 8);
        BinaryPrimitives.WriteUInt32LittleEndian(slots.AsSpan(520), 0x1000);
        return [.. body, .. slots];
    }

    private static void WriteKey(Span<byte> output, Sm2Signer key)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output, 3);
        Sm2Signer.Field(key.X).CopyTo(output[4..]);
        Sm2Signer.Field(key.Y).CopyTo(output[76..]);
        BinaryPrimitives.WriteUInt16LittleEndian(output[148..], (ushort)key.UserId.Length);
        key.UserId.CopyTo(output[150..]);
    }

    private static byte[] Signature((BigInteger R, BigInteger S) signature) => [.. Sm2Signer.Field(signature.R), .. Sm2Signer.Field(signature.S)];

    private static byte[] Serial(int size) => [.. Encoding.ASCII.GetBytes(SerialNumber), .. new byte[size - SerialNumber.Length]];

    private static JsonObject CertificateJson(ReadOnlySpan<byte> raw) => new()
    {
        ["body"] = new JsonObject
        {
            ["ver"] = U32(raw, 0),
            ["data"] = new JsonObject
            {
                ["firmware"] = new JsonObject { ["major"] = raw[4], ["minor"] = raw[5] },
                ["reserved1"] = 0,
                ["pubkey"] = new JsonObject { ["usage"] = U32(raw, 8), ["algo"] = U32(raw, 12), ["key"] = KeyJson(raw[16..]) },
                ["uid_size"] = BinaryPrimitives.ReadUInt16LittleEndian(raw[164..]),
                ["user_id"] = Numbers(raw.Slice(166, 254)),
                ["sid"] = Numbers(raw.Slice(420, 16)),
                ["reserved2"] = Numbers(raw.Slice(436, 608)),
            },
        },
        ["sigs"] = new JsonArray(SlotJson(raw[1044..]), SlotJson(raw[1564..])),
    };

    private static JsonObject AuthorityJson(ReadOnlySpan<byte> raw) => new()
    {
        ["body"] = new JsonObject
        {
            ["preamble"] = new JsonObject
            {
                ["ver"] = U32(raw, 0),
                ["data"] = new JsonObject
                {
                    ["kid"] = Numbers(raw.Slice(4, 16)),
                    ["sid"] = Numbers(raw.Slice(20, 16)),
                    ["usage"] = U32(raw, 36),
                    ["reserved"] = Numbers(raw.Slice(40, 24)),
                },
            },
            ["pubkey"] = KeyJson(raw[64..]),
            ["uid_size"] = BinaryPrimitives.ReadUInt16LittleEndian(raw[212..]),
            ["user_id"] = Numbers(raw.Slice(214, 254)),
            ["reserved"] = Numbers(raw.Slice(468, 108)),
        },
        ["signature"] = SignatureJson(raw[576..]),
        ["_reserved"] = Numbers(raw.Slice(720, 112)),
    };

    private static JsonObject KeyJson(ReadOnlySpan<byte> raw) =>
        new() { ["g"] = U32(raw, 0), ["x"] = Numbers(raw.Slice(4, 72)), ["y"] = Numbers(raw.Slice(76, 72)) };

    private static JsonObject SlotJson(ReadOnlySpan<byte> raw) => new()
    {
        ["usage"] = U32(raw, 0),
        ["algo"] = U32(raw, 4),
        ["signature"] = SignatureJson(raw[8..]),
        ["_reserved"] = Numbers(raw.Slice(152, 368)),
    };

    private static JsonObject SignatureJson(ReadOnlySpan<byte> raw) => new() { ["r"] = Numbers(raw[..72]), ["s"] = Numbers(raw.Slice(72, 72)) };

    private static uint U32(ReadOnlySpan<byte> raw, int at) => BinaryPrimitives.ReadUInt32LittleEndian(raw[at..]);

    private static JsonArray Numbers(ReadOnlySpan<byte> bytes)
    {
        var numbers = new JsonArray();
        foreach (var value in bytes)
            numbers.Add((JsonNode)value);
        return numbers;
    }
}
