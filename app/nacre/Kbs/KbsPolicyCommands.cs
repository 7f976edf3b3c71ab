using System.CommandLine;
using Nacre.Client;
using Nacre.KeyBroker.Resources;

namespace Nacre.Cli.Kbs;

/// <summary><c>kbs-client config set-attestation-policy</c> and <c>set-resource-policy</c>.</summary>
internal static class KbsPolicyCommands
{
    private const string AllowAll = "package policy\n\ndefault allow := false\n\nallow if data.plugin == \"resource\"\n";
    private const string DenyAll = "package policy\n\ndefault allow := false\n";

    public static Command CreateSetAttestation(Func<ParseResult, CancellationToken, Task<KbsConfigClient>> connect)
    {
        var type = new Option<string>("--type") { Description = "Only rego.", DefaultValueFactory = _ => "rego" };
        var id = new Option<string>("--id") { Description = "Such as default_cpu.", DefaultValueFactory = _ => "default_cpu" };
        var file = new Option<FileInfo>("--policy-file") { Description = "Rego text.", Required = true };
        type.AcceptOnlyFromAmong("rego");
        var command = new Command("set-attestation-policy", "Set an attestation policy.") { type, id, file };
        command.SetAction(async (line, cancel) =>
        {
            var text = await File.ReadAllTextAsync(line.GetRequiredValue(file).FullName, cancel);
            using var client = await connect(line, cancel);
            await client.SetAttestationPolicyAsync(line.GetRequiredValue(type), line.GetRequiredValue(id), text, cancel);
            return await SayAsync("Set attestation policy success");
        });
        return command;
    }

    public static Command CreateSetResource(Func<ParseResult, CancellationToken, Task<KbsConfigClient>> connect)
    {
        var file = new Option<FileInfo?>("--policy-file") { Description = "Rego text." };
        (Option<bool> Option, string Text)[] ready =
        [
            (new("--allow-all") { Description = "Every attested guest gets every secret." }, AllowAll),
            (new("--deny-all") { Description = "Nobody gets anything." }, DenyAll),
            (new("--affirming") { Description = "Guests of which every part is affirmed get every secret." }, ReleasePolicy.Default.Text),
            (new("--default") { Description = "What a new server has, which is --affirming." }, ReleasePolicy.Default.Text),
        ];
        var command = new Command("set-resource-policy", "Set the resource policy: one of the options.") { file };
        foreach (var (option, _) in ready)
            command.Options.Add(option);
        command.SetAction(async (line, cancel) =>
        {
            var chosen = ready.Where(one => line.GetValue(one.Option)).Select(one => one.Text).ToList();
            if (line.GetValue(file) is { } given)
                chosen.Add(await File.ReadAllTextAsync(given.FullName, cancel));
            if (chosen is not [var text])
                throw new CommandException(
                    "set-resource-policy takes exactly one of --policy-file, --allow-all, --deny-all, --affirming, --default");

            using var client = await connect(line, cancel);
            await client.SetResourcePolicyAsync(text, cancel);
            return await SayAsync("Set resource policy success");
        });
        return command;
    }

    internal static async Task<int> SayAsync(string text)
    {
        await Console.Out.WriteLineAsync(text);
        return ExitCode.Done;
    }
}
