using Nacre.Linux.Files;

namespace Nacre.Linux;

/// <summary>Who this process is to the kernel.</summary>
public static class ProcessIdentity
{
    /// <summary>The effective user.</summary>
    public static uint User => FileCalls.EffectiveUser();

    /// <summary>The effective group.</summary>
    public static uint Group => FileCalls.EffectiveGroup();

    public static bool IsRoot => User == 0;
}
