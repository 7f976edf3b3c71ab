using Nacre.Evidence.Nvidia;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// Protected PCIe (evidence.md 13.2): eight GPUs and four switches that name each other and nobody else. Then, and only then, all of the
/// fabric is attested.
/// </summary>
internal static class NvidiaPpcie
{
    public const int Gpus = 8;
    public const int Switches = 4;

    public static bool IsComplete(IReadOnlyList<(NvidiaArchitecture Architecture, NvidiaReport Report)> devices)
    {
        var reports = devices.ToLookup(device => device.Architecture == NvidiaArchitecture.Ls10, device => device.Report);
        if (reports[false].Count() != Gpus || reports[true].Count() != Switches)
            return false;

        // Each switch names itself and the GPUs on its ports; each GPU names the switch on each port, with the bytes in the other order.
        var switches = Names(reports[true].SelectMany(report => report.FindPdis(NvidiaOpaqueField.SwitchPdi)));
        var named = reports[false].Select(report => report.FindPdis(NvidiaOpaqueField.SwitchPdi))
            .Select(pdis => Names(pdis.Select(pdi => pdi.Reverse().ToArray())));
        var linked = reports[true].Select(report => Names(report.FindPdis(NvidiaOpaqueField.SwitchGpuPdis))).ToArray();
        return switches.Count == Switches
            && named.All(switches.SetEquals)
            && linked.All(gpus => gpus.Count == Gpus && gpus.SetEquals(linked[0]));
    }

    private static HashSet<string> Names(IEnumerable<byte[]> pdis) =>
        [.. pdis.Where(pdi => pdi.AsSpan().ContainsAnyExcept((byte)0)).Select(pdi => Convert.ToHexStringLower(pdi))];
}
