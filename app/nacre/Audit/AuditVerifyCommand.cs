using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Cli.Serve;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Audit;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Audit;

/// <summary><c>nacre audit verify DIR…</c>: whether any line was altered, removed, moved or cut off.</summary>
internal static class AuditVerifyCommand
{
    private const int MaxHeadsBytes = 16 * 1024 * 1024;

    public static Command Create()
    {
        var directories = new Argument<DirectoryInfo[]>("dir")
        {
            Description = "Data directory of a server, or its audit folder; all of them when several servers share a store.",
            Arity = ArgumentArity.OneOrMore,
        };
        var heads = new Option<FileInfo?>("--heads")
        {
            Description = "What nacre audit heads printed; without it the store is asked, in the data directory or where --store says.",
        };
        var command = new Command("verify", "Verify audit records. Example: nacre audit verify /var/lib/nacre") { directories, heads };
        var store = StoreFlags.AddWithoutDataTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var places = line.GetRequiredValue(directories);
            if (Array.Find(places, place => !place.Exists) is { } absent)
                throw new CommandException($"there is no directory {absent}");

            var anchors = line.GetValue(heads) is { } file
                ? Parse(await File.ReadAllBytesAsync(file.FullName, cancel))
                : await FromStoreAsync(line, store, places, cancel);
            var report = AuditVerification.Run([.. places.Select(AuditFolder)], anchors);
            format.Write(line, new JsonArray([.. report.Chains.Select(Row)]), "chain", "segments", "lines", "unfinished-bytes", "problem");
            if (report.IsWhole)
                return ExitCode.Done;

            throw new CommandException(
                $"the audit record is not whole: {report.Chains.First(chain => chain.Problem is not null).Problem}",
                "compare it with a copy that was kept elsewhere", ExitCode.NotVerified);
        });
        return command;
    }

    private static string AuditFolder(DirectoryInfo place) =>
        Directory.Exists(TrustServer.AuditDirectory(place.FullName)) || File.Exists(TrustServer.StorePath(place.FullName))
            ? TrustServer.AuditDirectory(place.FullName) : place.FullName;

    private static async Task<IReadOnlyDictionary<string, AuditHead>> FromStoreAsync(
        ParseResult line, StoreFlags flags, DirectoryInfo[] places, CancellationToken cancel)
    {
        var data = Array.Find(places, place => IsData(line, flags, place)) ?? throw new CommandException(
            flags.IsFile(line)
                ? "none of the directories has the store, which knows where each chain must end"
                : "none of the directories has the key that opens the store",
            "name the data directory, or give --heads FILE with what nacre audit heads printed");
        try
        {
            await using var masters = await flags.OpenMasterKeysAsync(line, data, cancel);
            var opened = await StoreList.OpenAsync(flags.Read(line, data), TimeProvider.System, cancel);
            await using var replays = opened.Replays;
            await using var store = await EncryptedStore.OpenAsync(opened.Values, masters.Keys, TimeProvider.System, cancel);
            return await new AuditAnchors(store).ReadAsync(cancel);
        }
        catch (StoreException e)
        {
            throw new CommandException(e.Message);
        }
    }

    // A key is never made here: a new one would open nothing.
    private static bool IsData(ParseResult line, StoreFlags flags, DirectoryInfo place) => flags.IsFile(line)
        ? File.Exists(TrustServer.StorePath(place.FullName))
        : !flags.NeedsKeyFile(line) || File.Exists(TrustServer.MasterKeyPath(place.FullName));

    private static Dictionary<string, AuditHead> Parse(byte[] utf8)
    {
        using var document = StrictJson.Parse(utf8, "audit.heads", MaxHeadsBytes);
        var fields = new JsonFields("audit.heads", document.RootElement);
        return fields.Element.EnumerateObject().ToDictionary(
            member => member.Name,
            member => AuditHead.Parse(JsonText.Utf8(JsonObject.Create(fields.Object(member.Name).Element.Clone())!)));
    }

    private static JsonObject Row(AuditChainReport chain) => new()
    {
        ["chain"] = chain.Chain,
        ["segments"] = chain.Segments,
        ["lines"] = chain.Lines,
        ["unfinished-bytes"] = chain.UnfinishedBytes,
        ["problem"] = chain.Problem,
    };
}
