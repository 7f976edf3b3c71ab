using System.CommandLine;

namespace Nacre.Cli.Attempts;

/// <summary><c>nacre attempts</c>: what was refused, and why.</summary>
internal static class AttemptsCommand
{
    public static Command Create() => new("attempts", "Show what the server refused, and why.")
    {
        ListVerb.Create(
            "List the recorded refusals, newest first.", (admin, cancel) => admin.ListAttemptsAsync(cancel),
            "attempts", "id", "at", "kind", "tee", "guest", "resource", "reason"),
        AttemptsShowCommand.Create(),
    };
}
