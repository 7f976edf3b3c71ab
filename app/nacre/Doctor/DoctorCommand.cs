using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Doctor;

/// <summary>
/// <c>nacre doctor</c>: looks at a server as its operator would, and says what to do. Exit code 0, 1 for warnings, 2 for failures.
/// </summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var data = new Option<DirectoryInfo?>("--data") { Description = "Data directory of the server, when it is on this machine." };
        var json = new Option<bool>("--json") { Description = "The findings as JSON." };
        var ready = new Option<bool>("--ready") { Description = "Only ask /readyz, for probes: exit code 0 when it is ready, else 2." };
        var command = new Command(
            "doctor",
            "Look at a server and say what to do. Example: nacre doctor --url https://127.0.0.1:8080 --cacert DIR/ca.pem --token @DIR/admin-token")
        {
            data, json, ready,
        };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var http = new DoctorConnection(server.Url(line), server.Authorities(line), TimeProvider.System);
            var findings = line.GetValue(ready)
                ? await ServerChecks.ReadyAsync(http, cancel) : await LookAsync(http, server, line, line.GetValue(data), cancel);
            Print(line, format, line.GetValue(json), findings);
            var worst = findings.Max(finding => finding.Status);
            return line.GetValue(ready) && worst == DoctorStatus.Warn ? ExitCode.Done : (int)worst;
        });
        return command;
    }

    private static async Task<IReadOnlyList<DoctorFinding>> LookAsync(
        DoctorConnection http, ServerOptions server, ParseResult line, DirectoryInfo? data, CancellationToken cancel)
    {
        var findings = new List<DoctorFinding>();
        if (data is not null)
            findings.AddRange(DataChecks.Look(data.FullName));
        findings.Add(await TlsCheck.LookAsync(http, cancel));
        if (findings[^1].Status == DoctorStatus.Fail)
            return findings;

        findings.Add(await ServerChecks.ClockAsync(http, cancel));
        findings.Add(await ServerChecks.VersionAsync(http, cancel));
        findings.AddRange(await ServerChecks.ReadyAsync(http, cancel));
        if (server.FindToken(line) is { } token)
            findings.AddRange(await AdminChecks.LookAsync(server.Connect(line), token, http.Clock.GetUtcNow(), cancel));
        else
        {
            findings.Add(DoctorFinding.Warn(
                "admin token", "none is given: policies, reference values and keys were not looked at", "--token @DIR/admin-token"));
        }

        return findings;
    }

    private static void Print(ParseResult line, OutputFormat format, bool asJson, IReadOnlyList<DoctorFinding> findings)
    {
        var rows = new JsonArray([.. findings.Select(finding => finding.ToJson())]);
        if (asJson)
            OutputFormat.WriteJson(rows);
        else
            format.Write(line, rows, "check", "status", "found", "remedy");
    }
}
