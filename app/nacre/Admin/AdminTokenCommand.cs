using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.KeyBroker.Admin;

namespace Nacre.Cli.Admin;

/// <summary>
/// <c>nacre admin token --role ROLE [--path PREFIX] [--for TIME]</c>: a token that ends soon, printed once and kept nowhere.
/// </summary>
internal static class AdminTokenCommand
{
    public static Command Create()
    {
        var role = new Option<string>("--role") { Description = $"One of {string.Join(", ", RoleList.Names)}.", Required = true };
        var path = new Option<string?>("--path")
        {
            Description = "Only what is below this path, such as default/ for secrets of that repository.",
        };
        var methods = new Option<string[]>("--method") { Description = "Only this HTTP method; may be repeated." };
        var subject = new Option<string?>("--subject") { Description = "Who gets it, for the audit record." };
        var life = new Option<string>("--for")
        {
            Description = "How long it lives: 30m, 8h, at most 24h.",
            DefaultValueFactory = _ => "1h",
        };
        var tenant = new Option<string?>("--tenant")
        {
            Description = "For an administrator of this tenant; made by the server's operator.",
        };
        role.AcceptOnlyFromAmong([.. RoleList.Names]);
        methods.AcceptOnlyFromAmong("GET", "POST", "PUT", "DELETE");
        var command = new Command(
            "token", "Make a short-lived token. Example: nacre admin token --role secret-writer --path default/ --for 1h")
        {
            role, path, methods, subject, life, tenant,
        };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var request = new JsonObject { ["role"] = line.GetRequiredValue(role), ["seconds"] = Seconds(line.GetRequiredValue(life)) };
            if (line.GetValue(path) is { } prefix)
                request["path"] = prefix;
            if (line.GetValue(subject) is { } name)
                request["subject"] = name;
            if (line.GetValue(methods) is { Length: > 0 } names)
                request["methods"] = new JsonArray([.. names.Select(method => (JsonNode)method)]);
            using var admin = server.ConnectAdmin(line);
            var reply = line.GetValue(tenant) is { } of
                ? await admin.CreateTenantTokenAsync(of, request, cancel) : await admin.CreateTokenAsync(request, cancel);
            await Console.Error.WriteLineAsync($"token {reply["id"]}, until {reply["expires"]}");
            await Console.Out.WriteLineAsync((string?)reply["token"]);
            return ExitCode.Done;
        });
        return command;
    }

    private static long Seconds(string text)
    {
        var unit = text.Length == 0 ? ' ' : text[^1];
        var factor = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return factor > 0 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= AdminTokenRequest.MaxLife.TotalSeconds
            ? count * factor : throw new CommandException($"'{text}' is no length of time", "write it as 90s, 30m or 8h");
    }
}
