using System.CommandLine;
using System.Globalization;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference</c>: the values that claims are compared with.</summary>
internal static class ReferenceCommand
{
    private const int MaxDays = 3650;

    public static Command Create() => new("reference", "Register, list, activate, revoke and delete reference values.")
    {
        ReferenceAddCommand.Create(),
        ReferenceRegisterCommand.Create(),
        ReferenceListCommand.Create(),
        ReferenceExpiringCommand.Create(),
        ReferenceHistoryCommand.Create(),
        ReferenceActivateCommand.Create(),
        ReferenceRevokeCommand.Create(),
        ReferenceDeleteCommand.Create(),
    };

    internal static Argument<string> Name() => new("name") { Description = "Such as tpm_pcr08; policies ask for it by this name." };

    internal static Option<bool> Staged() => new("--staged") { Description = "Keep the values, but let them count only once they are activated." };

    internal static Option<string?> Note() => new("--note") { Description = "Why, for the history." };

    internal static Option<int?> Days() => new("--days") { Description = "Days until the values end (365, and never later than their document)." };

    /// <summary>As RFC 3339 writes it; null when nothing was asked for.</summary>
    internal static string? Expiration(int? days, TimeProvider clock) => days switch
    {
        null => null,
        >= 1 and <= MaxDays => clock.GetUtcNow().AddDays(days.Value).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        _ => throw new CommandException($"--days must be 1 to {MaxDays}"),
    };
}
