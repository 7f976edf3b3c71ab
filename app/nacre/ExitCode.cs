namespace Nacre.Cli;

/// <summary>Exit codes are an interface; scripts depend on them.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Wrong use, or an error on this machine.</summary>
    public const int Local = 1;

    /// <summary>A server or the network failed.</summary>
    public const int Server = 2;

    /// <summary>A policy said no.</summary>
    public const int Denied = 3;

    /// <summary>Evidence or a signature was not verified.</summary>
    public const int NotVerified = 4;

    /// <summary>Ended by Ctrl-C, as shells report it.</summary>
    public const int Interrupted = 130;
}
