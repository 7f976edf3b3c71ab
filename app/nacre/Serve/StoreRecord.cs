using System.CommandLine;
using Nacre.KeyBroker.Audit;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Serve;

/// <summary>Runs what works on a store itself, with the audit record of the server that it is the store of.</summary>
internal static class StoreRecord
{
    public static RecordedCommand Change(string name, string? subject = null) => new(AuditAction.Change, Environment.UserName, name, subject);

    public static RecordedCommand Read(string name, string? subject = null) => new(AuditAction.Read, Environment.UserName, name, subject);

    /// <param name="line">Of the command.</param>
    /// <param name="flags">Say which store.</param>
    /// <param name="what">Is done.</param>
    /// <param name="work">Does it; gets the store below its encryption, the store through it, and the keys.</param>
    /// <param name="tell">What it came to, for the record.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task<T> RunAsync<T>(
        ParseResult line, StoreFlags flags, RecordedCommand what,
        Func<IKeyValueStore, EncryptedStore, MasterKeySet, Task<T>> work, Func<T, string> tell, CancellationToken cancel)
    {
        await using var opened = await flags.OpenAsync(line, cancel);
        await using var masters = await flags.RequireMasterKeysAsync(line, cancel);
        await EncryptedStore.RequireKeyAsync(opened.Values, masters.Keys, cancel);
        await using var values = await EncryptedStore.OpenAsync(new BorrowedStore(opened.Values), masters.Keys, TimeProvider.System, cancel);
        using var logs = ServerRun.CreateLogs();
        await using var record = await CommandRecord.OpenAsync(values, flags.Read(line).Directory, TimeProvider.System, logs, cancel);
        return await record.RunAsync(what, () => work(opened.Values, values, masters), tell, cancel);
    }
}
