using System.CommandLine;

namespace Nacre.Cli.Attempts;

/// <summary><c>nacre attempts</c>: what was refused, and why.</summary>
internal static class AttemptsCommand
{
    public static Command Create() => new("attempts", "Show what the server refused, and why.")
    {
        AttemptsListCommand.Create(),
        AttemptsShowCommand.Create(),
    };
}
