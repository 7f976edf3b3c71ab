namespace Nacre.Attestation.ReferenceValues;

/// <summary>Whose signatures are believed on documents that bring reference values. Nobody's, unless said otherwise.</summary>
public sealed record ReferenceValueTrust
{
    public static ReferenceValueTrust None { get; } = new();

    /// <summary>Owners of in-toto layouts: each of them must have signed a layout.</summary>
    public IReadOnlyList<SupplyChainKey> LayoutOwners { get; init; } = [];

    /// <summary>Builders that sign provenance.</summary>
    public IReadOnlyList<SupplyChainKey> Builders { get; init; } = [];

    /// <summary>Who may sign reference values as plain JSON.</summary>
    public IReadOnlyList<SupplyChainKey> Signers { get; init; } = [];

    /// <summary>Endorsers that sign CoRIMs; keys of Ed25519 sign none that is accepted.</summary>
    public IReadOnlyList<SupplyChainKey> Endorsers { get; init; } = [];

    /// <summary>Take a CoRIM that nobody signed from whoever may register values.</summary>
    public bool AcceptUnsignedCorim { get; init; }

    /// <summary>Take layouts whose inspections are not made: a server runs no commands that a document names.</summary>
    public bool AcceptSkippedInspections { get; init; }
}
