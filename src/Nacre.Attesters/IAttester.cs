namespace Nacre.Attesters;

/// <summary>Collects the evidence of one TEE in the guest.</summary>
public interface IAttester
{
    /// <summary>Wire name of the TEE, one of <see cref="Evidence.TeeNames"/>.</summary>
    string Tee { get; }

    /// <summary>Evidence that commits to <paramref name="reportData"/>, as JSON text in UTF-8 (guest.md 1.8).</summary>
    ValueTask<byte[]> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancel);
}
