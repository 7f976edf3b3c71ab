using System.Security.Cryptography;

namespace Nacre.Cli.Demo;

/// <summary>
/// What the demo's machine measures when it starts, and what the owner therefore expects. A software TPM has no firmware under it, so the
/// machine's own programs stand in for the boot chain: each is hashed into a PCR, as a boot loader would do it.
/// </summary>
internal static class MeasuredBoot
{
    /// <summary>PCR and program, in the order they are measured.</summary>
    public static IReadOnlyList<(int Pcr, string File)> Programs { get; } =
    [
        (8, Path.Combine(AppContext.BaseDirectory, "nacre.dll")),
        (9, "/usr/sbin/runc"),
    ];

    /// <summary>The PCRs that the attestation policy looks at by default: firmware, boot loader, kernel and their configuration.</summary>
    public static IReadOnlyList<int> Required { get; } = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14];

    public static async Task<byte[]> DigestAsync(string file, CancellationToken cancel)
    {
        await using var stream = File.OpenRead(file);
        return await SHA256.HashDataAsync(stream, cancel);
    }

    /// <summary>What the owner computes from the programs themselves, without asking the machine: PCR = H(0³² ‖ H(program)), zero where nothing is measured.</summary>
    public static async Task<IReadOnlyDictionary<int, string>> ExpectedPcrsAsync(CancellationToken cancel)
    {
        var pcrs = Required.ToDictionary(pcr => pcr, _ => new byte[SHA256.HashSizeInBytes]);
        foreach (var (pcr, file) in Programs)
            pcrs[pcr] = SHA256.HashData([.. pcrs[pcr], .. await DigestAsync(file, cancel)]);
        return pcrs.ToDictionary(pcr => pcr.Key, pcr => Convert.ToHexStringLower(pcr.Value));
    }
}
