using System.CommandLine;
using System.CommandLine.Help;
using Nacre.Cli;
using Nacre.Cli.Admin;
using Nacre.Cli.Attempts;
using Nacre.Cli.Attest;
using Nacre.Cli.Audit;
using Nacre.Cli.Backup;
using Nacre.Cli.Demo;
using Nacre.Cli.Doctor;
using Nacre.Cli.Enclave;
using Nacre.Cli.Evidence;
using Nacre.Cli.Image;
using Nacre.Cli.Import;
using Nacre.Cli.Kbs;
using Nacre.Cli.Key;
using Nacre.Cli.KeyProvider;
using Nacre.Cli.Policy;
using Nacre.Cli.Reference;
using Nacre.Cli.Secret;
using Nacre.Cli.Serve;
using Nacre.Cli.Tenant;
using Nacre.Cli.Token;
using Nacre.Cli.Verity;

var root = new RootCommand("Nacre runs containers on machines their owner does not trust: it proves what a machine is before it gives it a secret.")
{
    DemoCommand.Create(),
    LauncherCommands.Test(),
    LauncherCommands.Bench(),
    LauncherCommands.Fuzz(),
    ServeCommand.Create(),
    BackupCommand.Create(),
    ImportCommand.Create(),
    RestoreCommand.Create(),
    KeyCommand.Create(),
    AttestCommand.Create(),
    TokenCommand.Create(),
    SecretCommand.Create(),
    EnclaveCommand.Create(),
    PolicyCommand.Create(),
    EvidenceCommand.Create(),
    ReferenceCommand.Create(),
    ImageCommand.Create(),
    VerityCommand.Create(),
    KeyProviderCommand.Create(),
    AttemptsCommand.Create(),
    AuditCommand.Create(),
    AdminCommand.Create(),
    TenantCommand.Create(),
    DoctorCommand.Create(),
    KbsClientCommand.Create(),
};
root.SetAction(line => new HelpAction().Invoke(line));

try
{
    // Servers and the demo end their children after Ctrl-C, and a server its requests; the default of two seconds would cut that off.
    var line = root.Parse(args);
    return await line.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = line.CommandResult.Command.Name is "serve" or "as" or "rvps" ? DrainFlags.Longest : TimeSpan.FromSeconds(15),
    });
}
catch (OperationCanceledException)
{
    return ExitCode.Interrupted;
}
catch (Exception e) when (CommandError.From(e) is { } error)
{
    return await error.WriteAsync(Console.Error);
}
