using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// Takes a file of collateral apart into what it holds in the forms of Intel's service: signed JSON, PEM chains, DER lists. Wrappers of
/// other projects become those; anything else stays as it is.
/// </summary>
internal static class CollateralDocument
{
    private const int OpenEnclaveHeader = 16;

    public static IEnumerable<byte[]> Split(byte[] bytes)
    {
        var text = bytes.AsSpan().TrimStart(" \r\n\t"u8);
        if (text.StartsWith("{"u8))
            return SplitJson(bytes);

        if (text.StartsWith("-----BEGIN X509 CRL"u8))
            return [Pem(Encoding.ASCII.GetString(bytes))];

        // Open Enclave's test data begins with a copyright notice.
        var blob = bytes;
        while (blob.AsSpan().StartsWith("#"u8))
            blob = blob[(Array.IndexOf(blob, (byte)'\n') + 1)..];
        return blob.Length < bytes.Length ? SplitOpenEnclave(blob) : [bytes];
    }

    /// <summary>
    /// Whether a wrapper says by an empty list that its body was never signed: another project's data for choosing among numbers.
    /// </summary>
    public static bool IsUnsigned(byte[] bytes) =>
        bytes.AsSpan().TrimStart(" \r\n\t"u8).StartsWith("{"u8)
            && JsonDocument.Parse(bytes).RootElement.TryGetProperty("signature", out var signature)
        && signature.ValueKind == JsonValueKind.Array && signature.GetArrayLength() == 0;

    private static IEnumerable<byte[]> SplitJson(byte[] json)
    {
        JsonElement root;
        try
        {
            root = JsonDocument.Parse(json).RootElement;
        }
        catch (JsonException)
        {
            // Whoever reads it says what is wrong.
            return [json];
        }

        return root.EnumerateObject().Select(member => member.Name).ToHashSet() switch
        {
            var names when names.Contains("raw_tcb_info") =>
                [Signed(root, "raw_tcb_info", "tcbInfo"), .. IsUnsigned(json) ? [] : new[] { Chain(root) }],
            var names when names.Contains("raw_enclave_identity") => [Signed(root, "raw_enclave_identity", "enclaveIdentity"), Chain(root)],
            var names when names.Contains("raw_tcb_evaluation_data_numbers") =>
                [Signed(root, "raw_tcb_evaluation_data_numbers", "tcbEvaluationDataNumbers"), Chain(root)],
            var names when names.Contains("crl") => [Pem(root.GetProperty("crl").GetString()!), Chain(root)],
            var names when names.Contains("cert") => [Encoding.ASCII.GetBytes(root.GetProperty("cert").GetString()!), Chain(root)],
            var names when names.Contains("pck_data") =>
                [.. root.GetProperty("pck_data").EnumerateArray()
                    .Select(one => Encoding.ASCII.GetBytes(one.GetProperty("cert").GetString()!)), Chain(root)],
            var names when names.Contains("tcb_info_issuer_chain") => SplitBundle(root),
            _ => [json],
        };
    }

    private static IEnumerable<byte[]> SplitBundle(JsonElement root)
    {
        foreach (var member in root.EnumerateObject())
        {
            var text = member.Value.GetString()!;
            if (member.Name.EndsWith("_chain", StringComparison.Ordinal))
                yield return Encoding.ASCII.GetBytes(text);
            else if (member.Name.EndsWith("_crl", StringComparison.Ordinal))
                yield return Convert.FromHexString(text);
            else if (member.Name is "tcb_info" or "qe_identity")
                yield return Body(
                    member.Name == "tcb_info" ? "tcbInfo" : "enclaveIdentity", text, root.GetProperty(member.Name + "_signature").GetString()!);
            else
                Assert.EndsWith("_signature", member.Name, StringComparison.Ordinal);
        }
    }

    // Open Enclave's endorsements: version, TEE, size, count, offsets, then the elements, of which the texts end with a NUL.
    private static IEnumerable<byte[]> SplitOpenEnclave(byte[] blob)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(blob.AsSpan(12));
        var first = OpenEnclaveHeader + 4 * count;
        var end = blob.Length;
        for (var i = count - 1; i >= 0; i--)
        {
            var element = blob[(first + BinaryPrimitives.ReadInt32LittleEndian(blob.AsSpan(OpenEnclaveHeader + 4 * i)))..end];
            end -= element.Length;

            // The first is the number of the form, the last the time of the answer.
            if (i > 0 && i < count - 1)
                yield return element[0] == 0x30 ? Der(element) : element.AsSpan().TrimEnd((byte)0).ToArray();
        }
    }

    private static byte[] Der(byte[] element)
    {
        AsnDecoder.ReadEncodedValue(element, AsnEncodingRules.DER, out _, out _, out var length);
        return element[..length];
    }

    private static byte[] Chain(JsonElement root) =>
        Encoding.ASCII.GetBytes(string.Concat(root.GetProperty("ca_chain").EnumerateArray().Select(one => one.GetString()!.Trim() + "\n")));

    private static byte[] Signed(JsonElement root, string raw, string name)
    {
        // The signature is DER here and fixed width there.
        var der = root.GetProperty("signature").EnumerateArray().Select(one => one.GetByte()).ToArray();
        if (der.Length == 0)
            return Body(name, root.GetProperty(raw).GetString()!, new string('0', 128));

        var sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var halves = new[] { sequence.ReadInteger(), sequence.ReadInteger() };
        return Body(name, root.GetProperty(raw).GetString()!, string.Concat(halves.Select(half => Convert.ToHexString(Fixed(half)))));
    }

    private static byte[] Fixed(System.Numerics.BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static byte[] Body(string name, string text, string signature) =>
        Encoding.UTF8.GetBytes($$"""{"{{name}}":{{text}},"signature":"{{signature}}"}""");

    private static byte[] Pem(string pem) => Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
}
