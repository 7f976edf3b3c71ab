using Nacre.Formats;
using Nacre.Formats.Cbor;
using Nacre.Formats.Cose;

namespace Nacre.Evidence.Nitro;

/// <summary>An attestation document of AWS Nitro Enclaves (evidence.md 14): COSE_Sign1 over a map with texts as keys.</summary>
public sealed record NitroDocument
{
    public const int MaxSize = 64 * 1024;

    private const string Structure = "nitro.document";
    private const int MaxCertificate = 4096;
    private const int MaxCertificates = 16;
    private const int MaxPublicKey = 1024;
    private const int MaxUserData = 512;
    private const int MaxNonce = 512;
    private const int RegisterSize = 48;

    // Image, kernel, application: what tells a debug enclave from another.
    private const int CodeRegisters = 3;

    public required CoseSign1 Message { get; init; }

    /// <summary>Such as <c>i-02e3a660059b27d87-enc017bca11991e5083</c>.</summary>
    public required string ModuleId { get; init; }

    /// <summary>Hash of the registers; always <c>SHA384</c>.</summary>
    public required string Digest { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>By number; 0 image, 1 kernel and boot, 2 application, 3 role of the parent, 4 instance, 8 who signed the image.</summary>
    public required IReadOnlyDictionary<int, byte[]> Registers { get; init; }

    /// <summary>The certificate whose key signed the document, in DER.</summary>
    public required byte[] Certificate { get; init; }

    /// <summary>From the root down to who issued <see cref="Certificate"/>, in DER.</summary>
    public required IReadOnlyList<byte[]> Authorities { get; init; }

    /// <summary>At most 1024 bytes of the enclave's choice; null when it gave none.</summary>
    public byte[]? PublicKey { get; init; }

    /// <summary>At most 512 bytes of the enclave's choice; null when it gave none.</summary>
    public byte[]? UserData { get; init; }

    /// <summary>As <see cref="UserData"/>.</summary>
    public byte[]? Nonce { get; init; }

    /// <summary>In debug mode the registers of image, kernel and application are all zero.</summary>
    public bool IsDebug => Enumerable.Range(0, CodeRegisters).All(number => !Registers[number].AsSpan().ContainsAnyExcept((byte)0));

    /// <param name="bytes">The document, with tag 18 or, as AWS writes it, without.</param>
    /// <exception cref="MalformedDataException">It is no such document; the field and offset say where.</exception>
    public static NitroDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxSize)
            throw new MalformedDataException(Structure, "(document)", MaxSize, $"is {bytes.Length} bytes long, at most {MaxSize} are allowed");

        var message = CoseSign1.Parse(Structure, bytes, MaxSize);
        var fields = CborMap.Parse(Structure, message.Payload, 32, message.PayloadOffset);
        var digest = fields.RequireText("digest", 16);
        if (digest != "SHA384")
            throw fields.Malformed("digest", $"is '{digest}', must be SHA384");

        var timestamp = fields.Integer("timestamp");
        if (timestamp is < 0 or > 253_402_300_799_999)
            throw fields.Malformed("timestamp", "is not a number of milliseconds since 1970");

        return new()
        {
            Message = message,
            ModuleId = fields.RequireText("module_id", 256),
            Digest = digest,
            Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(timestamp),
            Registers = ReadRegisters(fields),
            Certificate = fields.Bytes("certificate", MaxCertificate),
            Authorities = ReadAuthorities(fields),
            PublicKey = fields.FindBytes("public_key", MaxPublicKey),
            UserData = fields.FindBytes("user_data", MaxUserData),
            Nonce = fields.FindBytes("nonce", MaxNonce),
        };
    }

    private static Dictionary<int, byte[]> ReadRegisters(CborMap fields)
    {
        var (raw, offset) = fields.Raw("pcrs");
        var map = CborMap.Parse($"{Structure}.pcrs", raw, 32, offset);
        var registers = new Dictionary<int, byte[]>();
        foreach (var label in map.Labels)
        {
            if (!int.TryParse(label, out var number) || number is < 0 or > 31)
                throw map.Malformed(label, "is no register: they are numbered 0 to 31");
            var value = map.Bytes(label, RegisterSize);
            registers.Add(number, value.Length == RegisterSize ? value : throw map.Malformed(label, $"is {value.Length} bytes long, must be {RegisterSize}"));
        }

        for (var number = 0; number < CodeRegisters; number++)
        {
            if (!registers.ContainsKey(number))
                throw fields.Malformed("pcrs", $"has no register {number}");
        }

        return registers;
    }

    private static List<byte[]> ReadAuthorities(CborMap fields)
    {
        if (!fields.TryRead("cabundle", out var reader))
            throw fields.Malformed("cabundle", "is missing");

        var authorities = new List<byte[]>();
        for (var n = reader.Array("cabundle", MaxCertificates); n > 0; n--)
            authorities.Add(reader.Bytes("cabundle", MaxCertificate).ToArray());
        return authorities;
    }
}
