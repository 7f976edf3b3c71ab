using Microsoft.Extensions.Logging;
using Nacre.Verifiers.Collateral;

namespace Nacre.KeyBroker;

/// <summary>Logs what goes wrong with collateral while verifications go on, and remembers when it last did.</summary>
internal sealed partial class CollateralTrouble(ILogger logger, TimeProvider clock)
{
    private long _lastAt;

    /// <summary>Since the last trouble; null when there was none.</summary>
    public TimeSpan? Age => Interlocked.Read(ref _lastAt) is not 0 and var at ? clock.GetElapsedTime(at) : null;

    public void Tell(CollateralUnavailableException error)
    {
        Interlocked.Exchange(ref _lastAt, clock.GetTimestamp());
        LogTrouble(logger, error.Message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Collateral: {Message}")]
    private static partial void LogTrouble(ILogger log, string message);
}
