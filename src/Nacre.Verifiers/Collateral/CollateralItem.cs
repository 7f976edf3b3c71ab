namespace Nacre.Verifiers.Collateral;

/// <summary>One document that a vendor publishes.</summary>
/// <param name="Path">Its place in a cache, of names that the caller made or checked.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="MaxSize">Of the body.</param>
/// <param name="HasChain">Whether its issuer chain comes with it.</param>
/// <param name="Renews">Whether the vendor publishes it again before it ends.</param>
/// <param name="Prove">
/// Its dates. It throws <see cref="Formats.MalformedDataException"/> for a document that is not this one, or not signed by
/// who must sign it.
/// </param>
internal sealed record CollateralItem(
    string Path, string What, int MaxSize, bool HasChain, bool Renews, Func<CollateralDocument, CollateralLife> Prove);

/// <summary>The bytes of a document as received.</summary>
/// <param name="Body">The document.</param>
/// <param name="Chain">Certificates of who signed it, PEM; null when it comes without.</param>
internal sealed record CollateralDocument(byte[] Body, byte[]? Chain = null);

/// <summary>From when until when a document is good.</summary>
internal sealed record CollateralLife(DateTimeOffset From, DateTimeOffset Until);

/// <summary>A document as it was kept, proved when it was read.</summary>
internal sealed record KeptCollateral(CollateralDocument Document, CollateralLife Life, DateTimeOffset Since, long FileSize);
