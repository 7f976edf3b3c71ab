using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image verify REF --key FILE | --policy FILE | --notation-policy FILE</c></summary>
internal static class ImageVerifyCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME." };
        var command = new Command("verify", "Check the signatures of an image and say what was checked.") { reference };
        var format = ResultFormat.AddTo(command);
        var policy = ImagePolicyOptions.AddTo(command, mayAcceptAnything: false);
        var registry = RegistryFlags.AddTo(command);
        var brokerOptions = GuestBrokerOptions.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var rules = await policy.ReadAsync(line, cancel);
            var options = await registry.ReadAsync(line, cancel);
            // Stores of signatures are reached like the registry: the same authorities, the same proxy.
            using var handler = options.CreateHandler();
            var signatures = await policy.ReadSignaturesAsync(line, cancel) with { Http = handler };
            var location = ImageLocation.Parse(line.GetRequiredValue(reference));
            await using var source = location.OpenSource(options);
            var (index, manifest) = await source.GetImageAsync(digest: null, new PullOptions().Platform, cancel);
            await using var broker = brokerOptions.Open(line);
            var decision = await new PolicyEvaluator(rules, broker, signatures).EvaluateAsync(
                location, source, index is null ? [manifest.Digest] : [manifest.Digest, index.Digest], cancel);
            if (format.IsJson(line))
                await ImageVerb.WriteJsonAsync(ToJson(decision, location, manifest.Digest.ToString()));
            else
                await Console.Out.WriteLineAsync(DecisionTable.Write(decision, location, manifest.Digest.ToString()));
            return decision.Accepted ? ExitCode.Done : ImageVerb.CodeOf(decision.Fault ?? ImageFault.PolicyRejected);
        }));
        return command;
    }

    private static JsonObject ToJson(PolicyDecision decision, ImageLocation location, string digest) => new()
    {
        ["accepted"] = decision.Accepted,
        ["image"] = location.ToString(),
        ["manifestDigest"] = digest,
        ["scope"] = decision.Scope,
        ["requirements"] = new JsonArray([.. decision.Requirements.Select(item => (JsonNode)new JsonObject
        {
            ["requirement"] = item.Requirement,
            ["holds"] = item.Holds,
            ["expected"] = item.Expected,
            ["found"] = item.Found,
            ["signatures"] = new JsonArray([.. item.Signatures.Select(one => (JsonNode)new JsonObject
            {
                ["where"] = one.Where, ["signer"] = one.Signer, ["signedName"] = one.SignedName, ["accepted"] = one.Problem is null, ["problem"] = one.Problem,
                ["notes"] = new JsonArray([.. one.Notes.Select(note => (JsonNode)JsonValue.Create(note))]),
            })]),
        })]),
    };
}
