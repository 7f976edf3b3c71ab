using System.Text.Json.Nodes;
using Nacre.Evidence.Nitro;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Nitro.NitroClaims>;

namespace Nacre.Verifiers.Nitro;

/// <summary>The claims of an AWS Nitro enclave (evidence.md 14).</summary>
public sealed record NitroClaims : IEvidenceClaims
{
    /// <summary>The enclave.</summary>
    public required string ModuleId { get; init; }

    /// <summary>The hash of the registers.</summary>
    public required string Digest { get; init; }

    /// <summary>When the document was made.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>Whether the parent instance reads the enclave's console.</summary>
    public required bool Debug { get; init; }

    /// <summary>Registers by their number, 48 bytes each.</summary>
    public required IReadOnlyDictionary<int, byte[]> Pcrs { get; init; }

    /// <summary>Of the enclave's choice; null when it is not there.</summary>
    public byte[]? PublicKey { get; init; }

    /// <summary>Of the enclave's choice; null when it is not there.</summary>
    public byte[]? UserData { get; init; }

    /// <summary>Of the enclave's choice; null when it is not there.</summary>
    public byte[]? Nonce { get; init; }

    /// <summary>What was expected and found in <see cref="UserData"/> or <see cref="Nonce"/>; null when nothing was expected.</summary>
    public byte[]? ReportData { get; init; }

    internal static ClaimList<NitroClaims> All { get; } = new(
        "The attestation document of a Nitro enclave.",
        [
            Text("module_id", "The enclave.", c => c.ModuleId),
            Text("digest", "The hash of the registers.", c => c.Digest),
            Integer("timestamp", "When the document was made, in milliseconds since 1970.", c => c.Timestamp.ToUnixTimeMilliseconds()),
            Boolean("debug", "The parent instance reads the enclave's console.", c => c.Debug),
            HexByNumber("pcrs", "Registers by their number.", "A register.", c => c.Pcrs),
            Hex("public_key", "Of the enclave's choice; when it is there.", c => c.PublicKey).Optional(),
            Hex("user_data", "Of the enclave's choice; when it is there.", c => c.UserData).Optional(),
            Hex("nonce", "Of the enclave's choice; when it is there.", c => c.Nonce).Optional(),
            Hex(
                "report_data", "What was expected and found in user_data or nonce; when something was expected.",
                c => c.ReportData).Optional(),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    internal static NitroClaims Create(NitroDocument document, byte[]? reportData) => new()
    {
        ModuleId = document.ModuleId,
        Digest = document.Digest,
        Timestamp = document.Timestamp,
        Debug = document.IsDebug,
        Pcrs = document.Registers,
        PublicKey = document.PublicKey,
        UserData = document.UserData,
        Nonce = document.Nonce,
        ReportData = reportData?.ToArray(),
    };
}
