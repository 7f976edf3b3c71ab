using Nacre.Linux.Files;

namespace Nacre.Linux;

/// <summary>Who this process is to the kernel.</summary>
public static class ProcessIdentity
{
    public static bool IsRoot => FileCalls.EffectiveUser() == 0;
}
