using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>
/// One layer by itself, as overlayfs reads it: what it hides is written down and not carried out. Where the layer leaves something to the
/// layers below (a directory that it does not state, a link on the way, a file that it only links to), that is looked up and copied from them.
/// </summary>
/// <param name="own">The layer's tree.</param>
/// <param name="below">Trees of the layers below, top first.</param>
/// <param name="privileged">Owners and trusted attributes may be set.</param>
internal sealed class LayerTree(DirectoryHandle own, IReadOnlyList<DirectoryHandle> below, bool privileged)
{
    /// <summary>Something came from below or depended on it: with other layers below, this tree would be another one.</summary>
    public bool NeedsBelow { get; private set; }

    /// <summary>Nothing of the layers below is to be seen.</summary>
    public bool HidesAll { get; private set; }

    public bool Privileged => privileged;

    /// <summary>What the layers below have at a path that this layer does not have.</summary>
    public MergedEntry? FindBelow(string path)
    {
        NeedsBelow = true;
        return HidesAll ? null : new MergedLayers([own, .. below]).Find(path);
    }

    public void HideAllBelow(DirectoryHandle directory, string path)
    {
        // Overlayfs joins the roots of its layers whatever their attributes say, so that is kept beside the tree.
        if (path.Length == 0)
            HidesAll = true;
        else
            MarkOpaque(directory, ".");
    }

    public void MarkOpaque(DirectoryHandle parent, string name) => OverlayForm.MarkOpaque(parent, name, privileged);

    /// <summary>Makes a directory of below here too, so that something can be put into it: empty, but of the same owner and mode.</summary>
    public void BringDirectory(DirectoryHandle parent, string name, MergedEntry found)
    {
        parent.MakeDirectory(name, 0x1c0);
        TreeCopy.CopyMetadata(found.Tree, found.Path, found.Status, parent, name, privileged);
        parent.ChangeMode(name, found.Status.Mode | 0x1c0);
    }

    /// <summary>Copies a file of below here, as overlayfs does when a file is linked to.</summary>
    public void BringFile(DirectoryHandle parent, string name, MergedEntry found) =>
        TreeCopy.CopyEntry(found.Tree, found.Path, found.Status, parent, name, privileged);
}
