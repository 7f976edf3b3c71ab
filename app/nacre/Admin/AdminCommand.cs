using System.CommandLine;

namespace Nacre.Cli.Admin;

/// <summary><c>nacre admin</c>: who may administer the server.</summary>
internal static class AdminCommand
{
    public static Command Create() => new("admin", "Say who may administer the server.") { AdminTokenCommand.Create() };
}
