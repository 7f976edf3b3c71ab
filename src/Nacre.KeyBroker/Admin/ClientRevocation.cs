using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Nacre.KeyBroker.Tls;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// Follows the files of revocation lists: changed ones are taken when all of them are good together, otherwise the former ones stay, until they
/// end.
/// </summary>
internal sealed partial class ClientRevocation : IRevocationSource, IAsyncDisposable
{
    private readonly AdminCertificates _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly FileFollower _follower;
    private RevocationLists _lists;
    private string _told = "";

    private ClientRevocation(AdminCertificates options, RevocationLists lists, TimeProvider clock, ILogger log)
    {
        (_options, _lists, _clock, _log) = (options, lists, clock, log);
        TellEnded();
        _follower = new FileFollower(options.ReloadEvery, clock, Look);
    }

    /// <exception cref="TrustServerException">A file cannot be used.</exception>
    public static ClientRevocation Open(AdminCertificates options, TimeProvider clock, ILogger log) =>
        new(options, RevocationLists.Read(options.RevocationFiles, options.Authorities, null)!, clock, log);

    public string? FindProblem(X509Certificate2 certificate, DateTimeOffset now) => Volatile.Read(ref _lists).FindProblem(certificate, now);

    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    private void Look()
    {
        try
        {
            if (RevocationLists.Read(_options.RevocationFiles, _options.Authorities, _lists) is { } lists)
            {
                Volatile.Write(ref _lists, lists);
                _told = "";
                LogReloaded(_log);
            }

            TellEnded();
        }
        catch (TrustServerException e)
        {
            Tell(e.Message, LogRefused);
        }
    }

    private void TellEnded()
    {
        if (_lists.Ended(_clock.GetUtcNow()).FirstOrDefault() is { } ended)
            Tell(ended, LogEnded);
        else
            _told = "";
    }

    // However often the files are looked at, the same trouble is told once.
    private void Tell(string problem, Action<ILogger, string> log)
    {
        if (_told != problem)
            log(_log, problem);
        _told = problem;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The revocation lists of client certificates were read again")]
    private static partial void LogReloaded(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Revocation lists have changed and are not used, the former ones stay: {Problem}")]
    private static partial void LogRefused(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Client certificates are refused: {Problem}")]
    private static partial void LogEnded(ILogger log, string problem);
}
