using System.CommandLine;
using Nacre.Client;
using Nacre.Formats;

namespace Nacre.Cli.Kbs;

/// <summary><c>kbs-client config set-resource</c> and <c>delete-resource</c>.</summary>
internal static class KbsResourceCommands
{
    public static Command CreateSet(Func<ParseResult, CancellationToken, Task<KbsConfigClient>> connect)
    {
        var path = KbsConfigCommand.Path();
        var file = new Option<FileInfo>("--resource-file") { Description = "File with the secret.", Required = true };
        var command = new Command("set-resource", "Store a secret.") { path, file };
        command.SetAction(async (line, cancel) =>
        {
            using var secret = SecretBytes.Own(await File.ReadAllBytesAsync(line.GetRequiredValue(file).FullName, cancel));
            using var client = await connect(line, cancel);
            await client.SetResourceAsync(line.GetRequiredValue(path), secret, cancel);
            return await KbsPolicyCommands.SayAsync("Set resource success");
        });
        return command;
    }

    public static Command CreateDelete(Func<ParseResult, CancellationToken, Task<KbsConfigClient>> connect)
    {
        var path = KbsConfigCommand.Path();
        var command = new Command("delete-resource", "Delete a secret.") { path };
        command.SetAction(async (line, cancel) =>
        {
            using var client = await connect(line, cancel);
            await client.DeleteResourceAsync(line.GetRequiredValue(path), cancel);
            return await KbsPolicyCommands.SayAsync("Delete resource success");
        });
        return command;
    }
}
