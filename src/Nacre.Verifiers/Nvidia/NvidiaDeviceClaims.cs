using System.Numerics;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;

namespace Nacre.Verifiers.Nvidia;

/// <summary>The claims of a GPU or switch (evidence.md 13.2). <see cref="NvidiaClaimList"/> has their names.</summary>
public sealed record NvidiaDeviceClaims : IEvidenceClaims
{
    /// <summary>The kind of device, which its certificates name.</summary>
    public required NvidiaArchitecture Architecture { get; init; }

    /// <summary>Measurements by their index.</summary>
    public required IReadOnlyDictionary<int, byte[]> Measurements { get; init; }

    /// <summary>The report, for what it says beside its measurements: versions, board, state.</summary>
    public required NvidiaReport Report { get; init; }

    /// <summary>Serial number of the device's certificate.</summary>
    public required BigInteger Ueid { get; init; }

    /// <summary>The model, as the certificates name it; null when they do not.</summary>
    public required string? HardwareModel { get; init; }

    /// <summary>What the guest calls the device, null when it does not. Nothing vouches for it, unlike for <see cref="Ueid"/>.</summary>
    public string? Uuid { get; init; }

    /// <summary>Whether the report was compared with a challenge. If so, it is for that challenge.</summary>
    public required bool NonceMatch { get; init; }

    /// <summary>Whether the report names its firmware. If so, it is the one certified.</summary>
    public bool FwidMatch => Report.Find(NvidiaOpaqueField.Fwid) is not null;

    /// <summary>How the device compares with NVIDIA's manifests; null without a source of manifests.</summary>
    public NvidiaManifestClaims? Manifests { get; init; }

    public JsonObject ToJson() => NvidiaClaimList.Device.ToJson(this);

    // A report is a view of its bytes, and these may be the caller's.
    internal static NvidiaDeviceClaims Create(
        NvidiaDeviceEvidence device, NvidiaChain chain, NvidiaArchitecture architecture, bool nonceMatch, NvidiaManifestClaims? manifests)
    {
        var report = NvidiaReport.Parse(device.Report.Spdm.Raw.ToArray());
        return new()
        {
            Architecture = architecture,
            Measurements = report.Spdm.Blocks.ToDictionary(block => (int)block.Index, block => block.Value.ToArray()),
            Report = report,
            Ueid = chain.Leaf.SerialNumber,
            HardwareModel = chain.HardwareModel,
            Uuid = device.Uuid,
            NonceMatch = nonceMatch,
            Manifests = manifests,
        };
    }
}

/// <summary>The claims of a protected fabric (class <c>ppcie</c>): every device in it was verified, and they name each other.</summary>
/// <param name="GpuCount">GPUs of the fabric.</param>
/// <param name="SwitchCount">Switches of the fabric.</param>
public sealed record NvidiaFabricClaims(int GpuCount, int SwitchCount) : IEvidenceClaims
{
    public JsonObject ToJson() => NvidiaClaimList.Fabric.ToJson(this);
}

/// <summary>What came of the manifests of one device.</summary>
/// <param name="Result">How the measurements compare.</param>
/// <param name="Parts">The manifests by their part: <c>driver</c>, <c>vbios</c>, or <c>bios</c> of a switch.</param>
public sealed record NvidiaManifestClaims(NvidiaManifestResult Result, IReadOnlyDictionary<string, NvidiaManifestPart> Parts);

/// <summary>One manifest.</summary>
/// <param name="IsFetched">There is a manifest.</param>
/// <param name="IsRight">NVIDIA signed it, and it is for this version.</param>
public sealed record NvidiaManifestPart(bool IsFetched, bool IsRight);

/// <summary>How the measurements compare with the manifests; the claim <c>measres</c>.</summary>
public enum NvidiaManifestResult
{
    /// <summary>There is no whole set of manifests to compare with.</summary>
    Absent,

    /// <summary>At least one measurement is another.</summary>
    Fail,

    /// <summary>All are as in the manifests.</summary>
    Success,
}
