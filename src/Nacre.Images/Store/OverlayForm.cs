using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>How overlayfs writes down what a layer hides: a device 0:0 for a name, an attribute for all that a directory had below.</summary>
internal static class OverlayForm
{
    // Only root may set the first; the second is what overlayfs reads with "userxattr".
    private const string Trusted = "trusted.overlay.";
    private const string User = "user.overlay.";
    private const string Opaque = "opaque";

    public static void MarkOpaque(DirectoryHandle parent, string name, bool privileged) =>
        parent.SetAttribute(name, (privileged ? Trusted : User) + Opaque, "y"u8);

    public static bool IsOpaque(DirectoryHandle parent, string name) =>
        parent.FindAttribute(name, Trusted + Opaque) is [(byte)'y'] || parent.FindAttribute(name, User + Opaque) is [(byte)'y'];

    public static void MakeWhiteout(DirectoryHandle parent, string name) => parent.MakeNode(name, FileKind.CharacterDevice, 0, 0, 0);

    /// <summary>True for attributes that would mean something to overlayfs: they are ours to set, not an image's.</summary>
    public static bool Owns(string attribute) =>
        attribute.StartsWith(Trusted, StringComparison.Ordinal) || attribute.StartsWith(User, StringComparison.Ordinal);
}
