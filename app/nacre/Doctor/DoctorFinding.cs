using System.Text.Json.Nodes;

namespace Nacre.Cli.Doctor;

internal enum DoctorStatus
{
    Ok,

    /// <summary>It works, and should be looked at.</summary>
    Warn,

    /// <summary>It does not work, or must not be so.</summary>
    Fail,
}

/// <param name="Check">What was looked at.</param>
/// <param name="Status">How it is.</param>
/// <param name="Found">In words.</param>
/// <param name="Remedy">What to do; empty when there is nothing to do.</param>
internal sealed record DoctorFinding(string Check, DoctorStatus Status, string Found, string Remedy = "")
{
    public static DoctorFinding Ok(string check, string found) => new(check, DoctorStatus.Ok, found);

    public static DoctorFinding Warn(string check, string found, string remedy) => new(check, DoctorStatus.Warn, found, remedy);

    public static DoctorFinding Fail(string check, string found, string remedy) => new(check, DoctorStatus.Fail, found, remedy);

    public JsonObject ToJson() => new()
    {
        ["check"] = Check,
        ["status"] = Status.ToString().ToLowerInvariant(),
        ["found"] = Found,
        ["remedy"] = Remedy,
    };
}
