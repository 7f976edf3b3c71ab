using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference expiring</c>.</summary>
internal static class ReferenceExpiringCommand
{
    public static int NoticeDays { get; } = (int)ReferenceValue.Notice.TotalDays;

    public static Command Create()
    {
        var days = new Option<int>("--days") { Description = $"How far to look ahead ({NoticeDays}).", DefaultValueFactory = _ => NoticeDays };
        var command = new Command("expiring", "List the reference values that end soon or have ended.") { days };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var values = (await admin.ListReferenceValuesAsync(cancel))["reference-values"] as JsonArray ?? [];
            format.Write(
                line, new JsonArray([.. Ending(values, line.GetValue(days)).Select(value => value.DeepClone())]),
                "name", "state", "expiration", "days-left");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Those that count, or did until they ended, with so many days left; the first to end comes first.</summary>
    internal static IReadOnlyList<JsonObject> Ending(JsonArray values, int days) =>
    [
        .. values.OfType<JsonObject>()
            .Where(value => (string?)value["state"] is "active" or "expired" && (int?)value["days-left"] < days)
            .OrderBy(value => (string?)value["expiration"], StringComparer.Ordinal),
    ];
}
