using System.Globalization;
using Nacre.KeyBroker;

namespace Nacre.Cli.Doctor;

/// <summary>The data directory, on the server's machine: who may read it, and whether there is room.</summary>
internal static class DataChecks
{
    private const long WarnBytes = 1L << 30;
    private const long FailBytes = 64L << 20;

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static IEnumerable<DoctorFinding> Look(string directory)
    {
        if (!Directory.Exists(directory))
        {
            yield return DoctorFinding.Fail("data directory", $"there is no {directory}", "--data names that of the server, on its machine");
            yield break;
        }

        yield return Private("data directory", directory, $"chmod 700 '{directory}'");
        (string Check, string Path)[] secrets =
            [("master key", TrustServer.MasterKeyPath(directory)), ("admin token file", TrustServer.AdminTokenPath(directory))];
        foreach (var (check, file) in secrets)
        {
            if (File.Exists(file))
                yield return Private(check, file, $"chmod 600 '{file}'");
        }

        yield return Room(directory);
    }

    private static DoctorFinding Private(string check, string path, string remedy)
    {
        var mode = File.GetUnixFileMode(path);
        var found = $"{path} has mode {Convert.ToString((int)mode, 8)}";
        return (mode & ~Owner) == UnixFileMode.None
            ? DoctorFinding.Ok(check, found) : DoctorFinding.Fail(check, $"{found}: others may use it", remedy);
    }

    private static DoctorFinding Room(string directory)
    {
        var free = new DriveInfo(directory).AvailableFreeSpace;
        var found = string.Create(CultureInfo.InvariantCulture, $"{free / 1048576.0:0} MiB free");
        const string Remedy = "make room: what cannot be recorded in the audit record is not released";
        return free < FailBytes ? DoctorFinding.Fail("disk", found, Remedy)
            : free < WarnBytes ? DoctorFinding.Warn("disk", found, Remedy) : DoctorFinding.Ok("disk", found);
    }
}
