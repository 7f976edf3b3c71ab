using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>
/// Verifies a product's supply chain (in-toto specification 0.9, section 5.2): the owners signed the layout, it is in force, every step was
/// done by as many of its functionaries as it asks for, they agree, and what was taken and made follows the rules. A functionary may give a
/// layout of their own in place of a link: it is verified alike, and what goes in and comes out of it stands for the link. Certificates of
/// functionaries and links in DSSE are not read; inspections are not run.
/// </summary>
public sealed class InTotoSupplyChain
{
    /// <summary>How deep layouts may lie within layouts.</summary>
    public const int MaxDepth = 8;

    /// <summary>How many layouts are verified, with the one that the owners signed.</summary>
    public const int MaxLayouts = 64;

    private readonly InTotoFiles _files;
    private readonly DateTimeOffset _at;
    private int _layouts;

    private InTotoSupplyChain(InTotoFiles files, DateTimeOffset at) => (_files, _at) = (files, at);

    internal IReadOnlyDictionary<string, InTotoLink> Links { get; private set; } = new Dictionary<string, InTotoLink>();

    /// <summary>How many inspections the layouts have, none of which was made.</summary>
    public int SkippedInspections { get; private set; }

    /// <summary>When the first of the layouts ends, and with it what they vouch for.</summary>
    public DateTimeOffset Expires { get; private set; } = DateTimeOffset.MaxValue;

    /// <param name="files">By path: the layout, the links beside it, and what belongs to layouts within.</param>
    /// <param name="owners">All of them must have signed the layout.</param>
    /// <param name="at">The time at which no layout must have expired.</param>
    /// <exception cref="MalformedDataException">A document breaks a rule, or the chain does not hold.</exception>
    public static InTotoSupplyChain Verify(
        IReadOnlyDictionary<string, byte[]> files, IReadOnlyList<SupplyChainKey> owners, DateTimeOffset at)
    {
        if (owners.Count == 0)
            throw Broken("(owners)", "are none: configure the keys of the layout's owners");

        var chain = new InTotoSupplyChain(InTotoFiles.Parse(files), at);
        var (root, folder) = chain._files.Root();
        if (!owners.All(root.IsSignedBy))
            throw Broken("signatures", "are not of all owners");

        (_, chain.Links) = chain.Follow(root, folder, 0);
        return chain;
    }

    // A layout whose signatures were found right: its steps' links by name.
    private (InTotoLayout Layout, IReadOnlyDictionary<string, InTotoLink> Links) Follow(InTotoMetadata signed, string folder, int depth)
    {
        if (depth > MaxDepth)
            throw Broken(folder, $"is a layout within {depth} others, at most {MaxDepth} are followed");
        if (++_layouts > MaxLayouts)
            throw Broken(folder, $"is a layout too many, at most {MaxLayouts} are followed");

        var layout = InTotoLayout.Parse(signed.Signed);
        if (_at >= layout.Expires)
            throw Broken($"{folder}expires", $"was {layout.Expires:u}");

        SkippedInspections += layout.Inspections;
        Expires = layout.Expires < Expires ? layout.Expires : Expires;
        var links = layout.Steps.ToDictionary(step => step.Name, step => FindLink(layout, step, folder, depth));
        foreach (var step in layout.Steps)
            InTotoArtifacts.Require(step, links);
        return (layout, links);
    }

    // The link of a step, on which as many of its functionaries agree as it asks for.
    private InTotoLink FindLink(InTotoLayout layout, InTotoStep step, string folder, int depth)
    {
        // Two ids of one key are one functionary.
        var functionaries = step.KeyIds.Distinct().Where(layout.Keys.ContainsKey).ToLookup(id => layout.Keys[id].Fingerprint);
        var (count, signed) = (0, new List<InTotoLink>());
        foreach (var ids in functionaries)
        {
            var key = layout.Keys[ids.First()];
            var before = signed.Count;
            signed.AddRange(_files.Links(folder, step.Name).Where(one => one.Document.IsSignedBy(key)).Select(one => one.Link));
            foreach (var (within, own) in _files.Layouts(folder, step.Name, ids))
            {
                if (within.IsSignedBy(key))
                    signed.Add(Summarise(step, Follow(within, own, depth + 1)));
            }

            count += signed.Count > before ? 1 : 0;
        }

        if (count < step.Threshold)
            throw Broken(folder + step.Name, $"has links signed by {count} of its functionaries, needs {step.Threshold}");

        return signed.TrueForAll(signed[0].Agrees) ? signed[0] : throw Broken(folder + step.Name, "has links that disagree");
    }

    // What the first step took and the last one made: steps are done in the order of their layout.
    private static InTotoLink Summarise(InTotoStep step, (InTotoLayout Layout, IReadOnlyDictionary<string, InTotoLink> Links) chain) =>
        new(step.Name, chain.Links[chain.Layout.Steps[0].Name].Materials, chain.Links[chain.Layout.Steps[^1].Name].Products);

    private static MalformedDataException Broken(string field, string rule) => new("in-toto.layout", field, 0, rule);
}
