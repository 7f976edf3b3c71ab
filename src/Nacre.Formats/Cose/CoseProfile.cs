namespace Nacre.Formats.Cose;

/// <summary>What one kind of message may have, of all that COSE allows.</summary>
/// <param name="Algorithms">Of the signature.</param>
public sealed record CoseProfile(IReadOnlyList<CoseAlgorithm> Algorithms)
{
    /// <summary>Evidence and its endorsements: elliptic curves, and no header that must be understood.</summary>
    public static CoseProfile Evidence { get; } = new([CoseAlgorithm.Es256, CoseAlgorithm.Es384, CoseAlgorithm.Es512]);

    /// <summary>Headers that the reader understands, so that <c>crit</c> may name them. It must not name others (RFC 9052, section 3.1).</summary>
    public IReadOnlyList<string> Understood { get; init; } = [];

    /// <summary>Bytes of the protected header, in which a chain of certificates may stand.</summary>
    public int MaxHeader { get; init; } = 4096;

    public CoseAlgorithm? Find(long id) => Algorithms.FirstOrDefault(algorithm => algorithm.Id == id);

    public override string ToString() => string.Join(", ", Algorithms.Select(algorithm => $"{algorithm.Id} ({algorithm.Name})"));
}
