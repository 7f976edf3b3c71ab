using System.Globalization;
using Nacre.Evidence.Tdx;
using Nacre.Formats;
using Nacre.Formats.EventLogs;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.EventLogs;

namespace Nacre.Verifiers.Tdx;

/// <summary>What a TD report must be by itself: of a TD that keeps its host out, on a module of Intel's, with the events it claims (evidence.md 4.3, 4.4).</summary>
internal static class TdxReportChecks
{
    public static void RequirePolicy(CheckList checks, TdReport report, DcapOptions options)
    {
        var attributes = report.Attributes;
        checks.Require(
            !attributes.IsUnderDebug || options.AllowDebug, "tdx.debug", "TDATTRIBUTES.TUD", "0",
            attributes.IsUnderDebug ? "the host may read and write the TD's memory" : "0", "launch the TD without the debug attribute");
        checks.Require(
            attributes.Unknown == 0, "tdx.td_attributes", "TDATTRIBUTES", "no reserved bits",
            string.Create(CultureInfo.InvariantCulture, $"0x{attributes.Value:x16}"), "launch the TD with attributes that are known");
        checks.Require(
            !attributes.IsMigratable || options.AllowMigratable, "tdx.migratable", "TDATTRIBUTES.MIGRATABLE", options.AllowMigratable ? "any" : "not set",
            attributes.IsMigratable ? "set" : "not set", "launch the TD without the migratable attribute");
    }

    /// <summary>The module that made the report: who signed it, and with which attributes it runs.</summary>
    public static void RequireModule(CheckList checks, TdReport report, TcbInfo info, byte major)
    {
        var id = major == 0 ? "TDX 1.0" : TcbEvaluation.ModuleId(major);
        var module = major == 0 ? info.Module : info.ModuleIdentities.TryGetValue(id, out var identity) ? identity.Module : null;
        if (!checks.Require(
            module is not null, "tdx.module.known", "TDX module", "one that TCB info knows", module is null ? $"{id} is unknown" : id,
            "fetch newer collateral, or use a host with a TDX module that is published"))
            return;

        checks.Require(
            report.MrSignerSeam.SequenceEqual(module!.MrSigner), "tdx.module.signer", "MRSIGNERSEAM", Convert.ToHexStringLower(module.MrSigner),
            Convert.ToHexStringLower(report.MrSignerSeam), "use a host with Intel's TDX module");

        var fits = true;
        for (var i = 0; i < module.Attributes.Length; i++)
            fits &= (report.SeamAttributes[i] & module.AttributesMask[i]) == module.Attributes[i] && report.SeamAttributes[i] == 0;
        checks.Require(
            fits, "tdx.module.attributes", "SEAMATTRIBUTES", Convert.ToHexStringLower(module.Attributes), Convert.ToHexStringLower(report.SeamAttributes),
            "use a host with a production TDX module");
    }

    /// <summary>Replays the log into RTMR0 to 3 (indices 1 to 4); the claim of its events, or null when there is none or it does not fit.</summary>
    public static IReadOnlyList<UefiEventClaims>? RequireEventLog(CheckList checks, TdReport report, byte[]? bytes)
    {
        if (bytes is null)
        {
            checks.NotMade("tdx.event_log", "event log", "none was sent");
            return null;
        }

        const string Remedy = "send the event log of this boot, complete and as it was recorded";
        try
        {
            var log = TcgEventLog.Parse(bytes);
            var replayed = EventLogReplay.Compute(log, EventLogHash.Sha384);
            var zero = new byte[48];
            for (var i = 0; i < 4; i++)
            {
                var value = replayed.TryGetValue((uint)i + 1, out var found) ? found : zero;
                checks.Require(
                    report.Rtmr(i).SequenceEqual(value), "tdx.event_log.replay", $"RTMR{i}", Convert.ToHexStringLower(report.Rtmr(i)),
                    Convert.ToHexStringLower(value), Remedy);
            }

            return UefiEventClaims.Create(log);
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "tdx.event_log.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "a TCG2 event log", error.Rule, Remedy);
            return null;
        }
    }
}
