using System.Globalization;
using Nacre.Evidence.Dcap;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Verifiers.Dcap;

/// <summary>What the collateral says of the versions that were found (evidence.md 2.6).</summary>
/// <param name="Status">All of it together.</param>
/// <param name="Date">The oldest of the dates.</param>
/// <param name="AdvisoryIds">Of the platform, the module and the QE, each once.</param>
/// <param name="Platform">What is said of the platform.</param>
/// <param name="ModuleId">Such as <c>TDX_01</c>; null when the module has no identity of its own.</param>
/// <param name="Module">What is said of the module; null as above.</param>
/// <param name="Qe">What is said of the quoting enclave.</param>
public sealed record TcbResult(
    TcbStatus Status, DateTimeOffset Date, IReadOnlyList<string> AdvisoryIds, TcbVerdict Platform, string? ModuleId, TcbVerdict? Module, TcbVerdict Qe);

internal static class TcbEvaluation
{
    /// <summary>The id of the identity of modules of this major version.</summary>
    public static string ModuleId(int major) => string.Create(CultureInfo.InvariantCulture, $"TDX_{major:X2}");

    /// <param name="info">For the platform's family, and for the kind of quote.</param>
    /// <param name="platform">Versions of the platform.</param>
    /// <param name="teeTcbSvn">Versions of the TDX module and its parts; empty for SGX.</param>
    /// <param name="qe">What was said of the quoting enclave.</param>
    /// <param name="problem">Why there is no result.</param>
    public static TcbResult? Evaluate(TcbInfo info, PckExtensions platform, ReadOnlySpan<byte> teeTcbSvn, TcbVerdict qe, out string? problem)
    {
        var level = FindLevel(info, platform, teeTcbSvn);
        if (level is null)
        {
            problem = "the platform is below every level: the TCB is not supported";
            return null;
        }

        string? moduleId = null;
        IsvSvnLevel? module = null;
        if (teeTcbSvn.Length > 0 && teeTcbSvn[1] > 0)
        {
            moduleId = ModuleId(teeTcbSvn[1]);
            module = info.ModuleIdentities.TryGetValue(moduleId, out var identity) ? IsvSvnLevel.Find(identity.Levels, teeTcbSvn[0]) : null;
            if (module is null)
            {
                problem = $"version {teeTcbSvn[0]} of the TDX module is below every level of {moduleId}, or that module is unknown";
                return null;
            }
        }

        problem = null;
        var status = TcbStatuses.Converge(level.Verdict.Status, qe.Status);
        var date = level.Verdict.Date < qe.Date ? level.Verdict.Date : qe.Date;
        IEnumerable<string> advisories = level.Verdict.AdvisoryIds.Concat(qe.AdvisoryIds);
        if (module is not null)
        {
            status = TcbStatuses.Converge(status, module.Verdict.Status);
            date = module.Verdict.Date < date ? module.Verdict.Date : date;
            advisories = advisories.Concat(module.Verdict.AdvisoryIds);
        }

        return new(status, date, [.. advisories.Distinct()], level.Verdict, moduleId, module?.Verdict, qe);
    }

    private static TcbLevel? FindLevel(TcbInfo info, PckExtensions platform, ReadOnlySpan<byte> teeTcbSvn)
    {
        // From TDX 1.5 on the module's own versions, the first two, are judged by its identity.
        var first = teeTcbSvn.Length > 0 && teeTcbSvn[1] > 0 ? 2 : 0;
        foreach (var level in info.Levels)
        {
            if (!Reaches(platform.ComponentSvns, level.Sgx) || platform.PceSvn < level.PceSvn)
                continue;

            if (teeTcbSvn.Length == 0 || level.Tdx is not null && Reaches(teeTcbSvn[first..], level.Tdx.AsSpan(first)))
                return level;
        }

        return null;
    }

    private static bool Reaches(ReadOnlySpan<byte> versions, ReadOnlySpan<byte> least)
    {
        for (var i = 0; i < least.Length; i++)
        {
            if (versions[i] < least[i])
                return false;
        }

        return true;
    }
}
