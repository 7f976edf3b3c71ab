using Nacre.Attesters.Sample;
using Nacre.Attesters.Tpm;
using Nacre.Evidence;

namespace Nacre.Attesters;

/// <summary>Every attester of this build, in the order of <see cref="TeeNames.All"/>.</summary>
public static class AttesterList
{
    public static IReadOnlyList<AttesterEntry> All { get; } =
    [
        new(TeeNames.Tpm, CanDetect: true, IsTpmPresent, (options, clock) => new TpmAttester(options.Tpm, clock)),
        new(TeeNames.Sample, CanDetect: false, _ => false, (_, _) => new SampleAttester()),
    ];

    /// <summary>The attester of a TEE that was asked for by name.</summary>
    /// <exception cref="ArgumentException">This build has none for it.</exception>
    public static IAttester Create(string tee, AttesterOptions options, TimeProvider clock)
    {
        foreach (var entry in All)
        {
            if (entry.Tee == tee)
                return entry.Create(options, clock);
        }

        throw new ArgumentException($"there is no attester for '{tee}'; known are {string.Join(", ", All.Select(entry => entry.Tee))}", nameof(tee));
    }

    /// <summary>The first TEE this machine has; null when it has none. The sample TEE is never found.</summary>
    public static IAttester? Detect(AttesterOptions options, TimeProvider clock) =>
        All.FirstOrDefault(entry => entry.CanDetect && entry.IsPresent(options))?.Create(options, clock);

    private static bool IsTpmPresent(AttesterOptions options) => options.Tpm.Endpoint switch
    {
        TpmEndpoint.Device device => File.Exists(device.Path),
        TpmEndpoint.UnixSocket unix => File.Exists(unix.Path),

        // Nobody names the address of an emulator by accident.
        _ => true,
    };
}

/// <summary>One line of <see cref="AttesterList"/>.</summary>
/// <param name="Tee">Wire name.</param>
/// <param name="CanDetect">Whether it may be chosen without having been asked for.</param>
/// <param name="IsPresent">Whether this machine has it.</param>
/// <param name="Create">Makes the attester; opens nothing yet.</param>
public sealed record AttesterEntry(
    string Tee, bool CanDetect, Func<AttesterOptions, bool> IsPresent, Func<AttesterOptions, TimeProvider, IAttester> Create);

public sealed record AttesterOptions
{
    public TpmAttesterOptions Tpm { get; init; } = new();
}
