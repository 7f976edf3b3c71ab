using System.Diagnostics;
using System.Text.Json.Nodes;
using Nacre.Client;

namespace Nacre.Benchmarks.Handshake;

/// <summary>Counts the time that collecting evidence takes, so that a slow emulator does not hide the rest.</summary>
internal sealed class TimedEvidenceSource(IEvidenceSource inner) : IEvidenceSource
{
    public TimeSpan Spent { get; set; }

    public string Tee => inner.Tee;

    public async ValueTask<JsonObject?> GetAuthParametersAsync(CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var parameters = await inner.GetAuthParametersAsync(cancel);
        Spent += Stopwatch.GetElapsedTime(start);
        return parameters;
    }

    public ValueTask<string> GetAdditionalEvidenceAsync(ReadOnlyMemory<byte> deviceDigest, CancellationToken cancel) =>
        inner.GetAdditionalEvidenceAsync(deviceDigest, cancel);

    public async ValueTask<SourcedEvidence> GetEvidenceAsync(EvidenceRequest request, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var evidence = await inner.GetEvidenceAsync(request, cancel);
        Spent += Stopwatch.GetElapsedTime(start);
        return evidence;
    }
}
