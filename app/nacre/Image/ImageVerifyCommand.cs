using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Policy.Notation;
using Nacre.Images.Pull;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image verify REF --key FILE | --policy FILE | --notation-policy FILE</c></summary>
internal static class ImageVerifyCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME." };
        var keys = new Option<string[]>("--key") { Description = "Public key in PEM: a file or kbs:///…; one of several must have signed." };
        var policy = new Option<FileInfo?>("--policy") { Description = "containers-policy.json to judge by." };
        var output = ImageVerb.Output();
        var json = new Option<bool>("--json") { Description = "The same as -o json." };
        var plainHttp = ImageVerb.PlainHttp();
        var authFile = ImageVerb.AuthFile();
        var command = new Command("verify", "Check the signatures of an image and say what was checked.") { reference, keys, policy, output, json, plainHttp, authFile };
        var stores = SignatureStoreOptions.AddTo(command);
        var notationOptions = NotationOptions.AddTo(command);
        var brokerOptions = GuestBrokerOptions.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var notation = await notationOptions.ReadAsync(line, cancel);
            var rules = await ReadPolicyAsync(line.GetValue(policy), line.GetValue(keys) ?? [], notation, cancel);
            var options = await ImageVerb.RegistryOptionsAsync(line.GetValue(plainHttp), line.GetValue(authFile), cancel);
            var location = ImageLocation.Parse(line.GetRequiredValue(reference));
            await using var source = location.OpenSource(options);
            var (index, manifest) = await source.GetImageAsync(digest: null, new PullOptions().Platform, cancel);
            await using var broker = brokerOptions.Open(line);
            var evaluator = new PolicyEvaluator(rules, broker, stores.Read(line) with { Notation = notation });
            var decision = await evaluator.EvaluateAsync(location, source, index is null ? [manifest.Digest] : [manifest.Digest, index.Digest], cancel);
            if (line.GetValue(json) || line.GetValue(output) == "json")
                await ImageVerb.WriteJsonAsync(ToJson(decision, location, manifest.Digest.ToString()));
            else
                await Console.Out.WriteLineAsync(DecisionTable.Write(decision, location, manifest.Digest.ToString()));
            return decision.Accepted ? ExitCode.Done : ImageVerb.CodeOf(decision.Fault ?? ImageFault.PolicyRejected);
        }));
        return command;
    }

    internal static async Task<ImagePolicy> ReadPolicyAsync(FileInfo? file, string[] keys, NotationTrust? notation, CancellationToken cancel)
    {
        switch (file, keys)
        {
            case (null, []) when notation is not null:
                return ImagePolicy.OnlyNotation;
            case ({ } policy, []):
                return ImagePolicy.Parse(await File.ReadAllBytesAsync(policy.FullName, cancel), policy.FullName);
            case (null, not []):
                return ImagePolicy.RequireKeys(keys);
            default:
                throw new FormatException("give either --policy FILE or --key FILE, or --notation-policy FILE");
        }
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
