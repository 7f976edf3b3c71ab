using System.CommandLine;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave</c>: secrets that the server makes and that only attested instances of one program get.</summary>
internal static class EnclaveCommand
{
    public static Command Create() => new(
        "enclave", "Have secrets made that only one attested program gets; the plugin enclave serves them.")
    {
        EnclaveCreateCommand.Create(),
        ListVerb.Create(
            "List enclave secrets.", (admin, cancel) => admin.CallPluginAsync(HttpMethod.Get, "enclave/secrets", null, cancel),
            "secrets", "name", "kind", "version", "expires"),
        EnclaveShowCommand.Create(),
        EnclaveRotateCommand.Create(),
        EnclaveIdentitiesCommand.Create(),
        EnclaveDeleteCommand.Create(),
        EnclaveGetCommand.Create(),
    };

    internal static Argument<string> Name() => new("name") { Description = "APPLICATION/NAME" };

    /// <summary>The path of a secret below the plugin, as the server takes it.</summary>
    internal static string Path(string name) => name.Split('/') is [{ Length: > 0 } application, { Length: > 0 } last]
        ? $"{Uri.EscapeDataString(application)}/{Uri.EscapeDataString(last)}"
        : throw new CommandException($"'{name}' is no enclave secret", "it is APPLICATION/NAME");
}
