using System.Runtime.InteropServices;

namespace Nacre.Benchmarks.Images;

/// <summary>Processor time of all children that have ended (getrusage(2), RUSAGE_CHILDREN).</summary>
internal static partial class ChildrenTime
{
    private const int Children = -1;

    public static double Seconds()
    {
        // struct rusage begins with two timevals, user and system, and has 144 bytes.
        var usage = new long[18];
        return GetUsage(Children, ref usage[0]) == 0
            ? usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6)
            : throw new InvalidOperationException("getrusage failed");
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ref long usage);
}
