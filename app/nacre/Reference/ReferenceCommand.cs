using System.CommandLine;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference</c>: the values that claims are compared with.</summary>
internal static class ReferenceCommand
{
    public static Command Create() => new("reference", "Add, list and delete reference values.")
    {
        ReferenceAddCommand.Create(),
        ReferenceListCommand.Create(),
        ReferenceDeleteCommand.Create(),
    };

    internal static Argument<string> Name() => new("name") { Description = "Such as tpm_pcr08; policies ask for it by this name." };
}
