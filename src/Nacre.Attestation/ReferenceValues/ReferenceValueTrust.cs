namespace Nacre.Attestation.ReferenceValues;

/// <summary>Whose signatures are believed on documents that bring reference values. Nobody's, unless said otherwise.</summary>
public sealed record ReferenceValueTrust
{
    public static ReferenceValueTrust None { get; } = new();

    /// <summary>Owners of in-toto layouts: each of them must have signed a layout.</summary>
    public IReadOnlyList<SupplyChainKey> LayoutOwners { get; init; } = [];

    /// <summary>Take layouts whose inspections are not made: a server runs no commands that a document names.</summary>
    public bool AcceptSkippedInspections { get; init; }
}
