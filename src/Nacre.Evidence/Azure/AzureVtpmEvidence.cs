using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Azure;

/// <summary>
/// The evidence of TEEs <c>az-snp-vtpm</c> and <c>az-tdx-vtpm</c> on the wire, in its three versions (evidence.md 8.2): a quote of the vTPM, the
/// HCL report, and what vouches for the processor (VCEK or TD quote).
/// </summary>
public sealed record AzureVtpmEvidence
{
    public const int MaxSize = 512 * 1024;
    public const int PcrCount = 24;
    public const int PcrSize = 32;

    private const string Structure = "azure.evidence";
    private const int MaxEndorsement = 64 * 1024;
    private const int MaxSignature = 512;
    private const int MaxMessage = 2048;

    /// <summary>0 (which names none), 1 or 2. From 2 on, the user data of the HCL report must hold the report data.</summary>
    public required int Version { get; init; }

    /// <summary>The RSA signature itself.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>TPMS_ATTEST.</summary>
    public required byte[] Message { get; init; }

    /// <summary>PCR 0 to 23 of the SHA-256 bank.</summary>
    public required IReadOnlyList<byte[]> Pcrs { get; init; }

    public required HclReport HclReport { get; init; }

    /// <summary>VCEK (DER or PEM) or TD quote, as received.</summary>
    public required byte[] Endorsement { get; init; }

    /// <param name="utf8">The JSON.</param>
    /// <param name="endorsement">Name of the member that vouches for the processor: <c>vcek</c> or <c>td_quote</c>.</param>
    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static AzureVtpmEvidence Parse(ReadOnlyMemory<byte> utf8, string endorsement)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        var version = root.Find("version") is null ? 0 : root.Any("version") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var given)
            ? given : throw root.Malformed("version", "must be a number");
        return version switch
        {
            0 => ReadArrays(root, endorsement),
            1 or 2 => ReadText(root, endorsement, version),
            _ => throw root.Malformed("version", $"is {version}, must be 0 to 2"),
        };
    }

    // Version 0 writes byte strings as arrays of numbers and, for SNP, the certificate as PEM. Its TDX form already had the names of version 1.
    private static AzureVtpmEvidence ReadArrays(JsonFields root, string endorsement)
    {
        var old = root.Find("quote") is not null;
        var (quoteName, reportName) = old ? ("quote", "report") : ("tpm_quote", "hcl_report");
        root.Only("version", quoteName, reportName, endorsement);
        var quote = root.Object(quoteName);
        quote.Only("signature", "message", "pcrs");
        var pcrs = ReadPcrs(quote, (fields, name, item) => Numbers(fields, name, item, PcrSize));
        return new()
        {
            Version = 0,
            Signature = Numbers(quote, "signature", quote.Any("signature"), MaxSignature),
            Message = Numbers(quote, "message", quote.Any("message"), MaxMessage),
            Pcrs = pcrs,
            HclReport = HclReport.Parse(Numbers(root, reportName, root.Any(reportName), HclReport.MaxSize)),
            Endorsement = root.Any(endorsement).ValueKind == JsonValueKind.String
                ? Encoding.ASCII.GetBytes(root.Text(endorsement, MaxEndorsement))
                : Numbers(root, endorsement, root.Any(endorsement), MaxEndorsement),
        };
    }

    private static AzureVtpmEvidence ReadText(JsonFields root, string endorsement, int version)
    {
        root.Only("version", "tpm_quote", "hcl_report", endorsement);
        var quote = root.Object("tpm_quote");
        quote.Only("signature", "message", "pcrs");
        return new()
        {
            Version = version,
            Signature = Hex(quote, "signature", quote.Any("signature"), MaxSignature),
            Message = Hex(quote, "message", quote.Any("message"), MaxMessage),
            Pcrs = ReadPcrs(quote, (fields, name, item) => Hex(fields, name, item, PcrSize)),
            HclReport = HclReport.Parse(Base64Url(root, "hcl_report", HclReport.MaxSize)),
            Endorsement = Base64Url(root, endorsement, MaxEndorsement),
        };
    }

    private static byte[][] ReadPcrs(JsonFields quote, Func<JsonFields, string, JsonElement, byte[]> read)
    {
        var list = quote.Any("pcrs");
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != PcrCount)
            throw quote.Malformed("pcrs", $"must be an array of {PcrCount}");

        var pcrs = new byte[PcrCount][];
        for (var i = 0; i < PcrCount; i++)
        {
            pcrs[i] = read(quote, $"pcrs[{i}]", list[i]);
            if (pcrs[i].Length != PcrSize)
                throw quote.Malformed($"pcrs[{i}]", $"must be {PcrSize} bytes");
        }

        return pcrs;
    }

    private static byte[] Numbers(JsonFields fields, string name, JsonElement value, int max)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
            throw fields.Malformed(name, $"must be an array of at most {max} numbers");

        var bytes = new byte[value.GetArrayLength()];
        var i = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out bytes[i++]))
                throw fields.Malformed($"{name}[{i - 1}]", "must be a number from 0 to 255");
        }

        return bytes;
    }

    private static byte[] Hex(JsonFields fields, string name, JsonElement value, int max)
    {
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { } text || text.Length > 2 * max)
            throw fields.Malformed(name, $"must be at most {2 * max} hexadecimal digits");

        return HexText.Decode(text) ?? throw fields.Malformed(name, "must be hexadecimal digits of one case");
    }

    // With padding or without.
    private static byte[] Base64Url(JsonFields fields, string name, int max)
    {
        var text = fields.Text(name, (max + 2) / 3 * 4);
        var bare = text.TrimEnd('=');
        return (text.Length == bare.Length || text.Length % 4 == 0 && text.Length - bare.Length <= 2) && Base64UrlText.TryDecode(bare, out var bytes)
            ? bytes : throw fields.Malformed(name, "must be base64url");
    }
}
