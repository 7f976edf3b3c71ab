using System.CommandLine;

namespace Nacre.Cli.Verity;

/// <summary><c>nacre verity …</c></summary>
internal static class VerityCommand
{
    public static Command Create() =>
        new("verity", "Build and verify dm-verity hash trees as veritysetup does, and mount layers that have one.")
        {
            VerityFormatCommand.Create(),
            VerityVerifyCommand.Create(),
            VerityMountCommand.Create(),
        };
}
