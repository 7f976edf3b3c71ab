using Microsoft.Extensions.Logging;
using Nacre.Linux;
using Nacre.Linux.Files;
using Nacre.Storage;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// The audit record of a command that works on the store itself, beside the servers: on a chain that none of them is writing. What the
/// command does is on disk before it is done.
/// </summary>
public sealed class CommandRecord : IAsyncDisposable
{
    private readonly AuditLog _log;
    private readonly TimeProvider _clock;

    private CommandRecord(AuditLog log, TimeProvider clock) => (_log, _clock) = (log, clock);

    /// <param name="store">Through its encryption; stays the caller's.</param>
    /// <param name="dataDirectory">Of the server.</param>
    /// <param name="clock">Dates the lines.</param>
    /// <param name="logs">Told of damage; stays the caller's.</param>
    /// <param name="cancel">Stops the start.</param>
    /// <exception cref="AuditException">The record cannot be written, or not so that the server could go on with it.</exception>
    public static async Task<CommandRecord> OpenAsync(
        IKeyValueStore store, string dataDirectory, TimeProvider clock, ILoggerFactory logs, CancellationToken cancel)
    {
        RequireOwner(dataDirectory);
        await using var turn = await StartTurn.TakeAsync(dataDirectory, clock, cancel);
        var log = await AuditLog.OpenAsync(
            store, new() { Directory = TrustServer.AuditDirectory(dataDirectory) }, clock, logs.CreateLogger<AuditLog>(), cancel);
        return new CommandRecord(log, clock);
    }

    /// <summary>Does something when it is on disk that it is about to be done, and records how it ended.</summary>
    /// <param name="what">Is done.</param>
    /// <param name="work">Does it.</param>
    /// <param name="tell">What it came to, for the record.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="AuditException">It was not done, or it was and its end is not on disk.</exception>
    public async Task<T> RunAsync<T>(RecordedCommand what, Func<Task<T>> work, Func<T, string> tell, CancellationToken cancel)
    {
        await _log.AppendAsync(what.Event(_clock.GetUtcNow(), AuditOutcome.Begun, null), cancel);
        T result;
        try
        {
            result = await work();
        }
        catch (Exception e)
        {
            await _log.AppendAsync(what.Event(_clock.GetUtcNow(), AuditOutcome.Failed, e.Message), CancellationToken.None);
            throw;
        }

        await _log.AppendAsync(what.Event(_clock.GetUtcNow(), AuditOutcome.Done, tell(result)), CancellationToken.None);
        return result;
    }

    /// <summary>Ends the record, and tells another store where: the one that takes the place of what the record was opened with.</summary>
    public async Task EndInAsync(IKeyValueStore store)
    {
        await DisposeAsync();
        await new AuditAnchors(store).WriteAsync(_log.Chain, _log.Head, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    // A server goes on with the files of a command that has ended, so they must be its user's.
    private static void RequireOwner(string dataDirectory)
    {
        if (!ProcessIdentity.IsRoot)
            return;

        var audit = TrustServer.AuditDirectory(dataDirectory);
        using var directory = DirectoryHandle.Open(Directory.Exists(audit) ? audit : dataDirectory);
        if (directory.FindStatus(".") is { User: not 0 and var owner })
        {
            throw new AuditException(
                $"'{dataDirectory}' belongs to the user {owner}, who could not go on with an audit record of root's; run sudo -u '#{owner}' nacre …");
        }
    }
}

/// <summary>What a command does to a store.</summary>
/// <param name="Action">A change, or a reading of everything.</param>
/// <param name="User">Who runs it, as the machine calls him.</param>
/// <param name="Name">Of the command, such as <c>nacre key rotate-data</c>.</param>
/// <param name="Object">With or to what; null for nothing more.</param>
public sealed record RecordedCommand(AuditAction Action, string User, string Name, string? Object = null)
{
    internal AuditEvent Event(DateTimeOffset at, AuditOutcome outcome, string? reason) => new()
    {
        At = at,
        Action = Action,
        Outcome = outcome,
        Who = $"user {User}",
        From = "command line",
        Route = Name,
        Object = Object,
        Reason = reason,
    };
}
