using Microsoft.Extensions.Logging;
using Nacre.Verifiers.Collateral;

namespace Nacre.KeyBroker;

/// <summary>Logs what goes wrong with collateral while verifications go on.</summary>
internal sealed partial class CollateralTrouble(ILogger logger)
{
    public void Tell(CollateralUnavailableException error) => LogTrouble(logger, error.Message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Collateral: {Message}")]
    private static partial void LogTrouble(ILogger log, string message);
}
