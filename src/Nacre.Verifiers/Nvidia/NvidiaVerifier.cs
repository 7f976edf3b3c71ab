using Nacre.Evidence;
using Nacre.Evidence.Nvidia;
using Nacre.Formats;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// Verifies NVIDIA GPUs and NVSwitches without asking NVIDIA (evidence.md 13): genuine (the report is signed by a key that goes back to
/// NVIDIA's root), of the firmware that was certified, and asked for just now. One device that fails fails all: a guest must not choose
/// which of its devices count. Not checked here: init data, which these devices cannot bind, and revocation, which is answered online only.
/// </summary>
public sealed class NvidiaVerifier(NvidiaOptions options) : IEvidenceVerifier
{
    // A device sends the same certificates with every report. Only that their signatures are good is remembered; dates are judged each time.
    private readonly ContentCache<NvidiaChain> _proven = new(1024);

    public string Tee => TeeNames.Nvidia;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();

        var checks = new CheckList();
        IReadOnlyList<NvidiaDeviceEvidence> devices;
        try
        {
            devices = NvidiaEvidence.Parse(submission.Evidence);
            checks.Require(true, "nvidia.evidence.format", "evidence", found: $"{devices.Count} devices");
        }
        catch (MalformedDataException error)
        {
            return Malformed(checks, error);
        }

        return await VerifyAsync(checks, devices, submission, cancel);
    }

    /// <summary>
    /// The same for one report in its binary form and its chain in PEM. The evidence of <paramref name="submission"/> is not
    /// read.
    /// </summary>
    public async ValueTask<Verdict> VerifyReportAsync(
        ReadOnlyMemory<byte> report, string certificates, EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        ArgumentNullException.ThrowIfNull(certificates);
        var checks = new CheckList();
        try
        {
            var device = new NvidiaDeviceEvidence { Report = NvidiaReport.Parse(report), Certificates = certificates };
            checks.Require(true, "nvidia.evidence.format", "report");
            return await VerifyAsync(checks, [device], submission, cancel);
        }
        catch (MalformedDataException error)
        {
            return Malformed(checks, error);
        }
    }

    private async ValueTask<Verdict> VerifyAsync(
        CheckList checks, IReadOnlyList<NvidiaDeviceEvidence> devices, EvidenceSubmission submission, CancellationToken cancel)
    {
        var claims = new List<VerifiedClaims>();
        var attested = new List<(NvidiaArchitecture Architecture, NvidiaReport Report)>();
        var keys = new HashSet<string>();
        for (var i = 0; i < devices.Count; i++)
        {
            var (device, name) = (devices[i], devices.Count == 1 ? "device" : $"device {i}");
            NvidiaReportChecks.RequireNonce(checks, name, device.Report, submission.ReportData);
            var chain = NvidiaChain.Read(checks, name, device.Certificates, _proven);
            chain?.Require(checks, name, device.Architecture, options.RootKey, _proven, submission.At);
            if (chain?.Architecture is not { } architecture)
                continue;

            NvidiaReportChecks.Require(checks, name, device.Report, chain, architecture);
            checks.Require(
                keys.Add(Convert.ToHexStringLower(chain.Leaf.SubjectPublicKeyInfo.Span)), "nvidia.evidence.distinct", $"{name}: key",
                "that of no other device", $"serial number {chain.Leaf.SerialNumber}", "send the report of each device once");

            var manifests = await NvidiaManifestChecks.RequireAsync(checks, name, device.Report, architecture, options, submission.At, cancel);
            attested.Add((architecture, device.Report));
            claims.Add(new(
                Tee, architecture.TeeClass(),
                NvidiaDeviceClaims.Create(device, chain, architecture, submission.ReportData is not null, manifests)));
        }

        if (submission.InitDataDigest is not null)
            checks.NotMade("nvidia.init_data", "init data", "these devices cannot bind it; the guest's own evidence does");
        if (NvidiaPpcie.IsComplete(attested))
            claims.Add(new(Tee, "ppcie", new NvidiaFabricClaims(NvidiaPpcie.Gpus, NvidiaPpcie.Switches)));
        return checks.Conclude(() => claims);
    }

    private static Verdict Malformed(CheckList checks, MalformedDataException error)
    {
        checks.Require(
            false, "nvidia.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the evidence of NVIDIA devices",
            error.Rule,
            "send the evidence as the attestation agent writes it");
        return checks.Refuse();
    }
}
