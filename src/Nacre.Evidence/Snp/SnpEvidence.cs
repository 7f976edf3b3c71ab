using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Snp;

/// <summary>
/// The evidence of TEE <c>snp</c> on the wire (evidence.md 5.3): <c>{"attestation_report":{…},"cert_chain":[{"cert_type","data"}]|null}</c>.
/// The report travels as its fields and is put together again here, because the signature is over the bytes.
/// </summary>
public sealed record SnpEvidence
{
    public const int MaxSize = 256 * 1024;

    private const string Structure = "snp.evidence";
    private const int MaxCertificates = 8;
    private const int MaxCertificateSize = 16 * 1024;

    public required SnpReport Report { get; init; }

    /// <summary>What the guest got from its host, in the order sent. None of it is to be trusted for having been sent.</summary>
    public required IReadOnlyList<SnpCertificate> Certificates { get; init; }

    /// <summary>The certificate of the key that signs reports; null when none was sent. Two of them are an error.</summary>
    public SnpCertificate? EndorsementKey { get; private init; }

    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static SnpEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("attestation_report", "cert_chain");
        var report = SnpReport.Parse(SnpReportJson.ToBytes(root.Object("attestation_report")));

        var certificates = new List<SnpCertificate>();
        if (root.Find("cert_chain") is { } chain)
        {
            if (chain.ValueKind != JsonValueKind.Array || chain.GetArrayLength() > MaxCertificates)
                throw root.Malformed("cert_chain", $"must be an array of at most {MaxCertificates}");

            foreach (var entry in chain.EnumerateArray())
                certificates.Add(Read(new(Structure + ".cert_chain", entry)));
        }

        var keys = certificates.Where(certificate => certificate.Type is "VCEK" or "VLEK").ToArray();
        if (keys.Length > 1)
            throw root.Malformed("cert_chain", "holds more than one VCEK or VLEK");

        return new() { Report = report, Certificates = certificates, EndorsementKey = keys.FirstOrDefault() };
    }

    private static SnpCertificate Read(JsonFields fields)
    {
        fields.Only("cert_type", "data");

        // {"OTHER":"<uuid>"} stands for what the host added of its own; it is not used.
        var type = fields.Any("cert_type").ValueKind == JsonValueKind.Object ? "OTHER" : fields.Text("cert_type", 16);
        return new(type, SnpReportJson.Bytes(fields, "data", 0, MaxCertificateSize));
    }
}

/// <param name="Type"><c>VCEK</c>, <c>VLEK</c>, <c>ASK</c>, <c>ARK</c>, <c>CRL</c>, <c>Empty</c> or <c>OTHER</c>: what the sender calls it.</param>
/// <param name="Data">DER; some hosts give PEM.</param>
public sealed record SnpCertificate(string Type, byte[] Data);
