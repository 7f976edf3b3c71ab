using System.Text.Json.Nodes;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Csv;

/// <summary>What <see cref="CsvClaims"/> writes.</summary>
internal static class CsvClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The report of a Hygon CSV guest.",
        [
            OneOf("version", "Of the report; 2 has registers.", "1", "2"),
            Object(
                "policy", "The guest's policy, bits as 0 and 1.",
                Integer("nodbg", "The host may not debug the guest."),
                Integer("noks", "The key is shared with no other guest."),
                Integer("es", "The processor's state is encrypted."),
                Integer("nosend", "The guest may not be sent away."),
                Integer("domain", "The guest stays in its domain."),
                Integer("csv", "The platform is CSV."),
                Integer("csv3", "The guest is of CSV3."),
                Integer("asid_reuse", "The guest's identifier may be used again."),
                Integer("hsk_version", "Lowest version of the HSK."),
                Integer("cek_version", "Lowest version of the CEK."),
                Integer("api_major", "Lowest version of the firmware."),
                Integer("api_minor", "Lowest version of the firmware.")),
            Hex("user_pubkey_digest", "Digest of the owner's key.", 32),
            Hex("vm_id", "The guest.", 16),
            Hex("vm_version", "The guest's version.", 16),
            Hex("report_data", "What the guest committed to, padded.", 64),
            Hex("mnonce", "The nonce of the guest's driver.", 16),
            Hex("measure", "SM3 of what was launched.", 32),
            Hex("sig_usage", "Use of the signing key, little endian.", 4),
            Hex("sig_algo", "Algorithm of the signature, little endian.", 4),
            Text("serial_number", "Of the chip."),
            Hex("anonce", "The mask of a report of version 1.", 4).Optional(),
            Hex("build", "Of the firmware; version 2.", 4).Optional(),
            Hex("rtmr_version", "Of the registers; version 2.", 2).Optional(),
            Hex("reserved0", "Bytes that mean nothing; version 2.", 14).Optional(),
            Hex("reserved1", "Bytes that mean nothing; version 2.", 656).Optional(),
            .. Enumerable.Range(0, 5).Select(number => Hex($"rtmr{number}", "A register; version 2.", 32).Optional()),
            EventLogSchema.Create("uefi_event_logs").Optional(),
        ]);
}
