using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Cli.Serve;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Key;

/// <summary><c>nacre key list</c>: needs no master key.</summary>
internal static class KeyListCommand
{
    public static Command Create()
    {
        var command = new Command(
            "list", "List the data keys, what wraps them, and how many values are under each. "
            + "Example: nacre key list --data /var/lib/nacre");
        var store = StoreFlags.AddTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            await using var opened = await store.OpenAsync(line, cancel);
            var ring = await new KeyRotation(opened.Values, [], TimeProvider.System).ReadAsync(cancel);
            var counts = await KeyRewrap.CountAsync(opened.Values, cancel);
            var rows = ring.Keys.Select(key => (JsonNode)new JsonObject
            {
                ["id"] = key.Id,
                ["use"] = key.Id == ring.Current ? "write" : "read",
                ["created"] = key.Created == default ? null : key.Created.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["values"] = counts.GetValueOrDefault(key.Id),
                ["master"] = key.Master.Length == 0 ? null : key.Master,
            });
            format.Write(line, [.. rows], "id", "use", "created", "values", "master");
            return ExitCode.Done;
        });
        return command;
    }
}
