using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Services;

/// <summary>One piece of evidence as the contracts of upstream's Attestation Service have it (trust.md 3.1, 3.2).</summary>
internal sealed record EvaluationItem
{
    private const string Structure = "verification_request";
    private const int MaxBytes = 4 << 20;

    public required string Tee { get; init; }

    /// <summary>Base64url of JSON.</summary>
    public required string Evidence { get; init; }

    /// <summary>Base64url of the report data itself; null when it is given otherwise or not at all.</summary>
    public string? RawRuntimeData { get; init; }

    /// <summary>JSON text of what the report data is the hash of; null as above.</summary>
    public string? StructuredRuntimeData { get; init; }

    /// <summary>Base64url; null when the document is given or there is none.</summary>
    public string? InitDataDigest { get; init; }

    public string? InitDataToml { get; init; }

    /// <summary>Empty for sha384.</summary>
    public string HashAlgorithm { get; init; } = "";

    /// <exception cref="MalformedDataException">A member is not what it must be.</exception>
    public SubmittedEvidence ToEvidence()
    {
        var initData = InitDataToml is null ? null : InitData.Parse(InitDataToml);
        var (reportData, claims) = RuntimeData();
        return new SubmittedEvidence(Tee, Decode("evidence", Evidence), reportData)
        {
            RuntimeClaims = claims,
            InitDataDigest = initData?.Digest ?? (InitDataDigest is null ? null : Decode("init_data_digest", InitDataDigest)),
            InitData = initData,
        };
    }

    private (byte[]? ReportData, JsonObject? Claims) RuntimeData()
    {
        if (RawRuntimeData is not null)
            return (Decode("raw_runtime_data", RawRuntimeData), null);
        if (StructuredRuntimeData is null)
            return (null, null);

        using var document = StrictJson.Parse(System.Text.Encoding.UTF8.GetBytes(StructuredRuntimeData), $"{Structure}.runtime_data", MaxBytes);
        var name = HashAlgorithm.Length == 0 ? HashNames.Sha384 : HashAlgorithm.ToLowerInvariant();
        var digest = HashNames.TryHash(name, CanonicalJson.Write(document.RootElement)) ?? throw Malformed(
            "runtime_data_hash_algorithm", $"'{HashAlgorithm}' is not one of {string.Join(", ", HashNames.All)}");
        return (digest, document.RootElement.ValueKind == JsonValueKind.Object ? JsonObject.Create(document.RootElement.Clone()) : null);
    }

    private static byte[] Decode(string field, string text) => text.Length <= MaxBytes / 3 * 4 && Base64UrlText.TryDecode(text, out var bytes)
        ? bytes : throw Malformed(field, "must be base64url without padding");

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}
