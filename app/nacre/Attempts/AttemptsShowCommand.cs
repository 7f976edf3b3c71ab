using System.CommandLine;

namespace Nacre.Cli.Attempts;

/// <summary><c>nacre attempts show REFERENCE</c>: checks, expected and found values, policy rule and line.</summary>
internal static class AttemptsShowCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("reference") { Description = "The id that the refusal carried." };
        var command = new Command("show", "Show one refusal with everything that was looked at.") { reference };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            OutputFormat.WriteJson(await admin.GetAttemptAsync(line.GetRequiredValue(reference), cancel));
            return ExitCode.Done;
        });
        return command;
    }
}
