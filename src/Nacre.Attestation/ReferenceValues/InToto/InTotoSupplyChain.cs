using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>
/// Verifies a product's supply chain (in-toto specification 0.9, section 5.2): the owners signed the layout, it is in force, every step was done
/// by as many of its functionaries as it asks for, they agree, and what was taken and made follows the rules. Layouts within layouts,
/// certificates of functionaries and links in DSSE are not read; inspections are not run.
/// </summary>
public sealed class InTotoSupplyChain
{
    private const int MaxFiles = 1000;

    private InTotoSupplyChain(IReadOnlyDictionary<string, InTotoLink> links, InTotoLayout layout) =>
        (Links, SkippedInspections, Expires) = (links, layout.Inspections, layout.Expires);

    internal IReadOnlyDictionary<string, InTotoLink> Links { get; }

    /// <summary>How many inspections the layout has, none of which was made.</summary>
    public int SkippedInspections { get; }

    /// <summary>When the layout ends, and with it what it vouches for.</summary>
    public DateTimeOffset Expires { get; }

    /// <param name="files">One layout and links, in any order.</param>
    /// <param name="owners">All of them must have signed the layout.</param>
    /// <param name="at">The time at which the layout must not have expired.</param>
    /// <exception cref="MalformedDataException">A document breaks a rule, or the chain does not hold.</exception>
    public static InTotoSupplyChain Verify(IReadOnlyList<byte[]> files, IReadOnlyList<SupplyChainKey> owners, DateTimeOffset at)
    {
        if (files.Count > MaxFiles)
            throw Broken("(files)", $"are {files.Count}, at most {MaxFiles} are allowed");
        if (owners.Count == 0)
            throw Broken("(owners)", "are none: configure the keys of the layout's owners");

        var documents = files.Select(InTotoMetadata.Parse).ToLookup(document => document.Type);
        if (documents["layout"].ToArray() is not [var signedLayout])
            throw Broken("(layout)", "must be there once; layouts within layouts are not taken");
        if (!owners.All(signedLayout.IsSignedBy))
            throw Broken("signatures", "are not of all owners");

        var layout = InTotoLayout.Parse(signedLayout.Signed);
        if (at >= layout.Expires)
            throw Broken("expires", $"was {layout.Expires:u}");

        var found = documents["link"].Select(document => (Document: document, Link: InTotoLink.Parse(document.Signed))).ToLookup(one => one.Link.Name);
        var links = layout.Steps.ToDictionary(step => step.Name, step => FindLink(layout, step, [.. found[step.Name]]));
        foreach (var step in layout.Steps)
            InTotoArtifacts.Require(step, links);
        return new(links, layout);
    }

    // The link of a step, on which as many of its functionaries agree as it asks for.
    private static InTotoLink FindLink(InTotoLayout layout, InTotoStep step, IReadOnlyList<(InTotoMetadata Document, InTotoLink Link)> links)
    {
        // Two ids of one key are one functionary.
        var keys = step.KeyIds.Select(layout.Keys.GetValueOrDefault).OfType<SupplyChainKey>().DistinctBy(key => key.Fingerprint);
        var (functionaries, signed) = (0, new List<InTotoLink>());
        foreach (var key in keys)
        {
            var own = links.Where(one => one.Document.IsSignedBy(key)).Select(one => one.Link).ToList();
            functionaries += own.Count > 0 ? 1 : 0;
            signed.AddRange(own);
        }

        if (functionaries < step.Threshold)
            throw Broken(step.Name, $"has links signed by {functionaries} of its functionaries, needs {step.Threshold}");

        return signed.TrueForAll(signed[0].Agrees) ? signed[0] : throw Broken(step.Name, "has links that disagree");
    }

    private static MalformedDataException Broken(string field, string rule) => new("in-toto.layout", field, 0, rule);
}
