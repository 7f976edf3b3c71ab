using System.CommandLine;

namespace Nacre.Cli.Audit;

/// <summary><c>nacre audit</c>: what was done, by whom, and whether the record of it is whole.</summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "Show what was released, refused and changed; verify that the record is whole.")
    {
        AuditListCommand.Create(),
        AuditHeadsCommand.Create(),
        AuditVerifyCommand.Create(),
    };
}
