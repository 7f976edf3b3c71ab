namespace Nacre.Attestation.ReferenceValues;

/// <summary>Where an appraisal takes its reference values from: the store of this server, or a service elsewhere.</summary>
public interface IReferenceSource
{
    /// <summary>The values of now, as far as they are known to be needed.</summary>
    /// <exception cref="Remote.AttestationUnavailableException">The service elsewhere does not answer.</exception>
    ValueTask<ReferenceValueSnapshot> SnapshotAsync(CancellationToken cancel);

    /// <summary>The same with what was asked of it and it did not know (<see cref="ReferenceValueSnapshot.Unknown"/>).</summary>
    /// <exception cref="Remote.AttestationUnavailableException">The service elsewhere does not answer.</exception>
    ValueTask<ReferenceValueSnapshot> ExtendAsync(ReferenceValueSnapshot snapshot, CancellationToken cancel);
}
