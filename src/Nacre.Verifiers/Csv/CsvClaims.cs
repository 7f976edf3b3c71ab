using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;
using Nacre.Verifiers.EventLogs;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Csv.CsvClaims>;
using PolicyClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Csv.CsvPolicy>;

namespace Nacre.Verifiers.Csv;

/// <summary>
/// The claims of a Hygon CSV guest, upstream's name for name (trust.md 3.9, csv); numbers of the report as the hexadecimal of their bytes.
/// </summary>
public sealed record CsvClaims : IEvidenceClaims
{
    private const int Registers = 5;

    private static readonly PolicyClaim[] s_policy =
    [
        PolicyClaim.Integer("nodbg", "The host may not debug the guest.", p => Bit(p.NoDebug)),
        PolicyClaim.Integer("noks", "The key is shared with no other guest.", p => Bit(p.NoKeySharing)),
        PolicyClaim.Integer("es", "The processor's state is encrypted.", p => Bit(p.EncryptedState)),
        PolicyClaim.Integer("nosend", "The guest may not be sent away.", p => Bit(p.NoSend)),
        PolicyClaim.Integer("domain", "The guest stays in its domain.", p => Bit(p.Domain)),
        PolicyClaim.Integer("csv", "The platform is CSV.", p => Bit(p.Csv)),
        PolicyClaim.Integer("csv3", "The guest is of CSV3.", p => Bit(p.Csv3)),
        PolicyClaim.Integer("asid_reuse", "The guest's identifier may be used again.", p => Bit(p.AsidReuse)),
        PolicyClaim.Integer("hsk_version", "Lowest version of the HSK.", p => p.HskVersion),
        PolicyClaim.Integer("cek_version", "Lowest version of the CEK.", p => p.CekVersion),
        PolicyClaim.Integer("api_major", "Lowest version of the firmware.", p => p.ApiMajor),
        PolicyClaim.Integer("api_minor", "Lowest version of the firmware.", p => p.ApiMinor),
    ];

    /// <summary>The report, with all that its platform signed.</summary>
    public required CsvReport Report { get; init; }

    /// <summary>The event log, which leads to the registers; null when none was sent, and in version 1.</summary>
    public IReadOnlyList<UefiEventClaims>? UefiEventLogs { get; init; }

    internal static ClaimList<CsvClaims> All { get; } = new(
        "The report of a Hygon CSV guest.",
        [
            OneOf("version", "Of the report; 2 has registers.", [1, 2], version => $"{version}", c => c.Report.Version),
            Object("policy", "The guest's policy, bits as 0 and 1.", s_policy, c => c.Report.Policy),
            Hex("user_pubkey_digest", "Digest of the owner's key.", 32, c => c.Report.UserPublicKeyDigest),
            Hex("vm_id", "The guest.", 16, c => c.Report.VmId),
            Hex("vm_version", "The guest's version.", 16, c => c.Report.VmVersion),
            Hex("report_data", "What the guest committed to, padded.", 64, c => c.Report.ReportData),
            Hex("mnonce", "The nonce of the guest's driver.", 16, c => c.Report.Mnonce),
            Hex("measure", "SM3 of what was launched.", 32, c => c.Report.Measure),
            LittleEndian("sig_usage", "Use of the signing key, little endian.", 4, c => c.Report.SignatureUsage),
            LittleEndian("sig_algo", "Algorithm of the signature, little endian.", 4, c => c.Report.SignatureAlgorithm),
            Text("serial_number", "Of the chip.", c => c.Report.SerialNumber),
            Hex("anonce", "The mask of a report of version 1.", 4, c => c.Report.Anonce).Optional(),
            LittleEndian("build", "Of the firmware; version 2.", 4, c => c.Report.Build).Optional(),
            LittleEndian("rtmr_version", "Of the registers; version 2.", 2, c => c.Report.RtmrVersion).Optional(),
            Hex("reserved0", "Bytes that mean nothing; version 2.", 14, c => c.Report.Reserved0).Optional(),
            .. Enumerable.Range(0, Registers).Select(Register),
            Hex("reserved1", "656 bytes that mean nothing; version 2.", c => c.Report.Reserved1).Optional(),
            UefiEventClaimList.Log<CsvClaims>(c => c.UefiEventLogs),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    private static Claim<CsvClaims> Register(int number) => Hex(
        $"rtmr{number}", "A register; version 2.", 32, c => number < c.Report.Rtmrs.Count ? c.Report.Rtmrs[number] : null).Optional();

    private static int Bit(bool value) => value ? 1 : 0;
}
