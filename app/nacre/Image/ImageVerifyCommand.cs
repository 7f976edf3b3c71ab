using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image verify REF --key FILE | --policy FILE</c></summary>
internal static class ImageVerifyCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME." };
        var keys = new Option<string[]>("--key") { Description = "Public key in PEM: a file or kbs:///…; one of several must have signed." };
        var policy = new Option<FileInfo?>("--policy") { Description = "containers-policy.json to judge by." };
        var output = ImageVerb.Output();
        var plainHttp = ImageVerb.PlainHttp();
        var authFile = ImageVerb.AuthFile();
        var command = new Command("verify", "Check the signatures of an image and say what was checked.") { reference, keys, policy, output, plainHttp, authFile };
        var brokerOptions = GuestBrokerOptions.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var rules = await ReadPolicyAsync(line.GetValue(policy), line.GetValue(keys) ?? [], cancel);
            var options = await ImageVerb.RegistryOptionsAsync(line.GetValue(plainHttp), line.GetValue(authFile), cancel);
            var location = ImageLocation.Parse(line.GetRequiredValue(reference));
            await using var source = location.OpenSource(options);
            var (index, manifest) = await source.GetImageAsync(digest: null, new PullOptions().Platform, cancel);
            await using var broker = brokerOptions.Open(line);
            var evaluator = new PolicyEvaluator(rules, broker);
            var decision = await evaluator.EvaluateAsync(location, source, index is null ? [manifest.Digest] : [manifest.Digest, index.Digest], cancel);
            await WriteAsync(decision, manifest.Digest.ToString(), line.GetValue(output) == "json");
            return decision.Accepted ? ExitCode.Done : ImageVerb.CodeOf(decision.Fault ?? ImageFault.PolicyRejected);
        }));
        return command;
    }

    internal static async Task<ImagePolicy> ReadPolicyAsync(FileInfo? file, string[] keys, CancellationToken cancel) => (file, keys) switch
    {
        (not null, []) => ImagePolicy.Parse(await File.ReadAllBytesAsync(file.FullName, cancel), file.FullName),
        (null, not []) => ImagePolicy.RequireKeys(keys),
        _ => throw new FormatException("give either --policy FILE or --key FILE"),
    };

    private static async Task WriteAsync(PolicyDecision decision, string digest, bool json)
    {
        if (json)
        {
            await ImageVerb.WriteJsonAsync(new JsonObject
            {
                ["accepted"] = decision.Accepted,
                ["manifestDigest"] = digest,
                ["scope"] = decision.Scope,
                ["requirements"] = new JsonArray([.. decision.Requirements.Select(item => (JsonNode)new JsonObject
                {
                    ["requirement"] = item.Requirement, ["holds"] = item.Holds, ["expected"] = item.Expected, ["found"] = item.Found,
                })]),
            });
            return;
        }

        await Console.Out.WriteLineAsync($"{(decision.Accepted ? "accepted" : "refused")}  {digest}\nscope     {decision.Scope}");
        foreach (var item in decision.Requirements)
            await Console.Out.WriteLineAsync($"{(item.Holds ? "✓" : "✗")} {item.Requirement}\n    expected  {item.Expected}\n    found     {item.Found}");
    }
}
