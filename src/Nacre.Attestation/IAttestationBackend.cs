namespace Nacre.Attestation;

/// <summary>Who says whether evidence is to be believed, and makes the claims of a token of it: this process, or a service elsewhere.</summary>
public interface IAttestationBackend
{
    /// <summary>Wire names of the TEEs whose evidence is taken.</summary>
    IEnumerable<string> Tees { get; }

    /// <summary>Whether it believes what the handshake found out about a key (<see cref="SubmittedEvidence.Endorsement"/>).</summary>
    bool TakesEndorsements { get; }

    bool Takes(string tee);

    /// <summary>The hash that the guest commits to its runtime data with; null when none of those that it offers will do.</summary>
    /// <param name="tee">Wire name of the primary TEE.</param>
    /// <param name="supported">What the guest offers; null when it offers none in particular.</param>
    string? SelectHash(string tee, IReadOnlyList<string>? supported);

    /// <summary>Never throws for what the evidence contains.</summary>
    /// <exception cref="Remote.AttestationUnavailableException">The service elsewhere does not answer.</exception>
    Task<AttestationOutcome> AttestAsync(AttestationSubmission submission, CancellationToken cancel);
}
