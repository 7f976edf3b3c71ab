using Nacre.Formats;

namespace Nacre.Evidence.Nvidia;

/// <summary>The families of devices that attest.</summary>
public enum NvidiaArchitecture
{
    Hopper,
    Blackwell,

    /// <summary>The NVSwitch of the third generation.</summary>
    Ls10,
}

public static class NvidiaArchitectures
{
    /// <exception cref="MalformedDataException">It is none of the names that attesters send.</exception>
    public static NvidiaArchitecture Parse(string name) => name switch
    {
        "HOPPER" or "Hopper" => NvidiaArchitecture.Hopper,
        "BLACKWELL" or "Blackwell" => NvidiaArchitecture.Blackwell,
        "LS10" => NvidiaArchitecture.Ls10,
        _ => throw new MalformedDataException("nvidia.evidence", "arch", 0, "must be HOPPER, BLACKWELL or LS10"),
    };

    /// <summary>As upstream's claims spell it.</summary>
    public static string Name(this NvidiaArchitecture architecture) =>
        architecture == NvidiaArchitecture.Ls10 ? "LS10" : architecture.ToString();

    /// <summary>The class of its claims (trust.md 3.4).</summary>
    public static string TeeClass(this NvidiaArchitecture architecture) => architecture == NvidiaArchitecture.Ls10 ? "switch" : "gpu";

    /// <summary>
    /// The architecture of a chip as certificates name it: <c>GH100</c> is a Hopper, <c>GB100</c> a Blackwell, <c>LS_10</c> the switch.
    /// Null for a chip of another kind.
    /// </summary>
    public static NvidiaArchitecture? OfChip(string chip)
    {
        ArgumentNullException.ThrowIfNull(chip);
        if (chip == "LS_10")
            return NvidiaArchitecture.Ls10;

        return chip is ['G', var letter, _, _, _] && chip.AsSpan(2).IndexOfAnyExceptInRange('0', '9') < 0
            ? letter switch { 'H' => NvidiaArchitecture.Hopper, 'B' => NvidiaArchitecture.Blackwell, _ => null }
            : null;
    }
}
