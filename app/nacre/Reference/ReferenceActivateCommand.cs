using System.CommandLine;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference activate NAME…</c>.</summary>
internal static class ReferenceActivateCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("name") { Description = "Of staged values.", Arity = ArgumentArity.OneOrMore };
        var note = ReferenceCommand.Note();
        var command = new Command("activate", "Let staged reference values count from now on, all or none.") { names, note };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            await admin.ActivateReferenceValuesAsync(line.GetRequiredValue(names), line.GetValue(note), cancel);
            await Console.Error.WriteLineAsync($"{string.Join(", ", line.GetRequiredValue(names))}: active");
            return ExitCode.Done;
        });
        return command;
    }
}
