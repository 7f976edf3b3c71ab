namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>What Intel says of a level of versions; the names are the claim's (evidence.md 2.6). Only <see cref="Revoked"/> is never accepted.</summary>
public enum TcbStatus
{
    UpToDate,
    SWHardeningNeeded,
    ConfigurationNeeded,
    ConfigurationAndSWHardeningNeeded,
    OutOfDate,
    OutOfDateConfigurationNeeded,

    /// <summary>The TD was launched on an old module that has been updated since: a result, never in collateral.</summary>
    TDRelaunchAdvised,

    /// <summary>As above.</summary>
    TDRelaunchAdvisedConfigurationNeeded,

    Revoked,
}

internal static class TcbStatuses
{
    /// <summary>A status as collateral may name it; null for any other text.</summary>
    public static TcbStatus? Find(string name) => name switch
    {
        "UpToDate" => TcbStatus.UpToDate,
        "SWHardeningNeeded" => TcbStatus.SWHardeningNeeded,
        "ConfigurationNeeded" => TcbStatus.ConfigurationNeeded,
        "ConfigurationAndSWHardeningNeeded" => TcbStatus.ConfigurationAndSWHardeningNeeded,
        "OutOfDate" => TcbStatus.OutOfDate,
        "OutOfDateConfigurationNeeded" => TcbStatus.OutOfDateConfigurationNeeded,
        "Revoked" => TcbStatus.Revoked,
        _ => null,
    };

    public static bool IsOutOfDate(TcbStatus status) => status is TcbStatus.OutOfDate or TcbStatus.OutOfDateConfigurationNeeded;

    public static bool NeedsConfiguration(TcbStatus status) => status
        is TcbStatus.ConfigurationNeeded or TcbStatus.ConfigurationAndSWHardeningNeeded or TcbStatus.OutOfDateConfigurationNeeded;

    /// <summary>The platform's status together with that of one of its components: QE or TDX module.</summary>
    public static TcbStatus Converge(TcbStatus platform, TcbStatus component)
    {
        if (platform == TcbStatus.Revoked || component == TcbStatus.Revoked)
            return TcbStatus.Revoked;

        if (!IsOutOfDate(component))
            return platform;

        return platform switch
        {
            TcbStatus.UpToDate or TcbStatus.SWHardeningNeeded => TcbStatus.OutOfDate,
            TcbStatus.ConfigurationNeeded or TcbStatus.ConfigurationAndSWHardeningNeeded => TcbStatus.OutOfDateConfigurationNeeded,
            _ => platform,
        };
    }

    /// <summary>Both results of a TD that says what it was launched on and what runs now.</summary>
    public static TcbStatus Relaunch(TcbStatus launch, TcbStatus current)
    {
        if (!IsOutOfDate(launch) || IsOutOfDate(current) || current == TcbStatus.Revoked)
            return launch;

        return NeedsConfiguration(launch) || NeedsConfiguration(current)
            ? TcbStatus.TDRelaunchAdvisedConfigurationNeeded
            : TcbStatus.TDRelaunchAdvised;
    }
}
