using System.Text.Json.Nodes;
using Nacre.Evidence.Se;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Se.SeClaims>;

namespace Nacre.Verifiers.Se;

/// <summary>The claims of a guest of IBM Secure Execution. Names are upstream's (evidence.md 12.4), with more of the same answer.</summary>
public sealed record SeClaims : IEvidenceClaims
{
    /// <summary>Configuration unique id, 16 bytes.</summary>
    public required byte[] Cuid { get; init; }

    /// <summary>Version of the attestation request.</summary>
    public required uint Version { get; init; }

    /// <summary>Tag of the image's header, 16 bytes.</summary>
    public required byte[] Tag { get; init; }

    /// <summary>Digest of the image's contents, 64 bytes.</summary>
    public required byte[] PageListDigest { get; init; }

    /// <summary>Digest of the image's addresses, 64 bytes.</summary>
    public required byte[] AddressListDigest { get; init; }

    /// <summary>Digest of the image's tweaks, 64 bytes.</summary>
    public required byte[] TweakListDigest { get; init; }

    /// <summary>The first 64 bytes of the user data; null when there are fewer.</summary>
    public byte[]? ReportData { get; init; }

    /// <summary>Hash of the host key that unpacked the image; null when it was not asked for.</summary>
    public byte[]? ImagePhkh { get; init; }

    /// <summary>Hash of the host key that unpacked the request; null when it was not asked for.</summary>
    public byte[]? AttestationPhkh { get; init; }

    /// <summary>Hash of the secret store; null when it was not asked for.</summary>
    public byte[]? SecretStoreHash { get; init; }

    /// <summary>State of the firmware; null when it was not asked for.</summary>
    public byte[]? FirmwareState { get; init; }

    internal static ClaimList<SeClaims> All { get; } = new(
        "The answer of a guest of IBM Secure Execution.",
        [
            Hex("cuid", "Configuration unique id.", 16, c => c.Cuid),
            Integer("version", "Version of the attestation request.", c => c.Version),
            Hex("tag", "Tag of the image's header.", 16, c => c.Tag),
            Hex("page_list_digest", "Digest of the image's contents.", 64, c => c.PageListDigest),
            Hex("address_list_digest", "Digest of the image's addresses.", 64, c => c.AddressListDigest),
            Hex("tweak_list_digest", "Digest of the image's tweaks.", 64, c => c.TweakListDigest),
            Hex("report_data", "The first 64 bytes of the user data; when there are as many.", 64, c => c.ReportData).Optional(),
            Hex("image_phkh", "Hash of the host key that unpacked the image; when it was asked for.", 32, c => c.ImagePhkh).Optional(),
            Hex(
                "attestation_phkh", "Hash of the host key that unpacked the request; when it was asked for.", 32,
                c => c.AttestationPhkh).Optional(),
            Hex("secret_store_hash", "Hash of the secret store; when it was asked for.", 64, c => c.SecretStoreHash).Optional(),
            Hex("firmware_state", "State of the firmware; when it was asked for.", c => c.FirmwareState).Optional(),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    internal static SeClaims Create(SeMeasurement measured, SeAdditionalData additional) => new()
    {
        Cuid = measured.ConfigurationUid.ToArray(),
        Version = SeAttestationRequest.Version1,
        Tag = measured.Image.Tag.ToArray(),
        PageListDigest = measured.Image.PageListDigest.ToArray(),
        AddressListDigest = measured.Image.AddressListDigest.ToArray(),
        TweakListDigest = measured.Image.TweakListDigest.ToArray(),
        ReportData = measured.UserData.Length < SeVerifier.ReportDataSize ? null : measured.UserData[..SeVerifier.ReportDataSize].ToArray(),
        ImagePhkh = additional.ImageHostKeyHash,
        AttestationPhkh = additional.AttestationHostKeyHash,
        SecretStoreHash = additional.SecretStoreHash,
        FirmwareState = additional.FirmwareState,
    };
}
