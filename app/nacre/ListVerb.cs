using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Client;

namespace Nacre.Cli;

/// <summary>The verb <c>list</c> of a noun: asks the server as an administrator and writes one row for each item.</summary>
internal static class ListVerb
{
    /// <param name="description">Of the verb.</param>
    /// <param name="ask">The server.</param>
    /// <param name="member">Of its answer that has the items.</param>
    /// <param name="columns">Members of an item.</param>
    public static Command Create(
        string description, Func<KbsAdminClient, CancellationToken, Task<JsonObject>> ask, string member, params string[] columns)
    {
        var command = new Command("list", description);
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            format.Write(line, (await ask(admin, cancel))[member] as JsonArray ?? [], columns);
            return ExitCode.Done;
        });
        return command;
    }
}
