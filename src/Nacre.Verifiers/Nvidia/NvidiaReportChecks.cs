using System.Security.Cryptography;
using Nacre.Evidence.Nvidia;
using Nacre.Formats;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// What a report must be by itself: asked for just now, whole, signed by its device, and of the firmware that its certificate
/// names.
/// </summary>
internal static class NvidiaReportChecks
{
    private const int NonceSize = 32;

    public static void RequireNonce(CheckList checks, string device, NvidiaReport report, byte[]? reportData)
    {
        const string Id = "nvidia.report.nonce";
        const string Remedy = "the report was made for another challenge or another TEE key: attest again, with the nonce just received";
        var subject = $"{device}: nonce of the request";

        // The attester takes the first 32 bytes (evidence.md 1, rule 2); nothing says how a shorter value would be filled.
        if (reportData is { Length: < NonceSize })
            checks.Require(
                false, Id, subject, $"at least {NonceSize} bytes", $"{reportData.Length} bytes are expected in it",
                "ask with a longer digest");
        else
            FieldBinding.Require(checks, Id, subject, reportData, report.Spdm.RequestNonce.Span, mayCut: true, Remedy);
    }

    public static void Require(CheckList checks, string device, NvidiaReport report, NvidiaChain chain, NvidiaArchitecture architecture)
    {
        var spdm = report.Spdm;
        checks.Require(
            spdm.Operation == 0xff && spdm.Blocks.Count > 0, "nvidia.report.request", $"{device}: GET_MEASUREMENTS",
            "all measurements (0xff), at least one",
            $"0x{spdm.Operation:x2}, {spdm.Blocks.Count} measurements", "ask the device for all of its measurements");

        var verifies = chain.Key.VerifyEcdsa(HashAlgorithmName.SHA384, spdm.Signed.Span, spdm.Signature.Span);
        checks.Require(
            verifies, "nvidia.report.signature", $"{device}: signature over bytes 0x000 to 0x{spdm.Signed.Length - 1:x3}",
            "one by the leaf certificate's key",
            verifies ? "it verifies" : "it does not verify", "the report was changed, or the certificates are those of another device");
        RequireFwid(checks, device, report, chain);

        // Without them policy could not say what runs on the device. A switch has no driver.
        var driver = architecture == NvidiaArchitecture.Ls10 || report.DriverVersion is { Length: > 0 };
        checks.Require(
            driver && report.VbiosVersion is not null, "nvidia.report.versions", $"{device}: versions of driver and VBIOS",
            "both are there",
            $"driver {report.DriverVersion ?? "none"}, VBIOS {report.VbiosVersion ?? "none"}", "update the device's driver");
    }

    private static void RequireFwid(CheckList checks, string device, NvidiaReport report, NvidiaChain chain)
    {
        const string Id = "nvidia.report.fwid";
        var subject = $"{device}: FWID of the opaque data";
        if (report.Find(NvidiaOpaqueField.Fwid) is not { } reported)
        {
            checks.NotMade(Id, subject, "the report has none: switches and older drivers do not send it");
            return;
        }

        try
        {
            var certified = NvidiaFwid.Find(chain.Leaf);
            checks.Require(
                certified is not null && certified.AsSpan().SequenceEqual(reported), Id, subject,
                certified is null ? "an FWID in the leaf certificate" : Convert.ToHexStringLower(certified),
                Convert.ToHexStringLower(reported),
                "the report was not made by the firmware that was certified: reset the device");
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, Id, subject, "an FWID in the leaf certificate", error.Message,
                "send the certificates as the driver gives them");
        }
    }
}
