using Microsoft.Win32.SafeHandles;
using Nacre.Linux;
using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>
/// Copies single entries of a stored tree with all that belongs to them. Content is shared by the file system where it can do that without
/// either side noticing (reflink), else copied; never by a hard link, through which a container would write into the store.
/// </summary>
internal static class TreeCopy
{
    // What the host's SELinux calls a file is not of the image, and few may set it.
    private const string HostLabel = "security.selinux";

    /// <summary>Anything but a directory; <paramref name="targetName"/> must be free.</summary>
    public static void CopyEntry(
        DirectoryHandle source, string name, in FileStatus status, DirectoryHandle target, string targetName, bool privileged)
    {
        switch (status.Kind)
        {
            case FileKind.Regular:
                using (var from = OpenFile(source, name, status))
                using (var to = target.CreateFile(targetName, 0x180 /* 0600 */))
                    FileCopy.Copy(from, to, status.Size);
                break;
            case FileKind.SymbolicLink:
                target.MakeSymbolicLink(targetName, source.ReadSymbolicLink(name));
                if (privileged)
                    target.ChangeOwner(targetName, status.User, status.Group);
                target.SetModified(targetName, status.ModifiedSeconds, status.ModifiedNanoseconds);
                return;
            default:
                target.MakeNode(targetName, status.Kind, 0x180, status.Major, status.Minor);
                break;
        }

        CopyMetadata(source, name, status, target, targetName, privileged);
    }

    /// <summary>Owner, attributes, mode and time, in this order: changing the owner clears setuid and file capabilities.</summary>
    public static void CopyMetadata(
        DirectoryHandle source, string name, in FileStatus status, DirectoryHandle target, string targetName, bool privileged)
    {
        if (privileged)
            target.ChangeOwner(targetName, status.User, status.Group);
        foreach (var attribute in source.AttributeNames(name))
        {
            if (!OverlayForm.Owns(attribute) && attribute != HostLabel && source.FindAttribute(name, attribute) is { } value)
                target.SetAttribute(targetName, attribute, value);
        }

        target.ChangeMode(targetName, status.Mode);
        target.SetModified(targetName, status.ModifiedSeconds, status.ModifiedNanoseconds);
    }

    // Who is not root cannot read even an own file whose mode says so; images have such (/etc/shadow).
    private static SafeFileHandle OpenFile(DirectoryHandle source, string name, in FileStatus status)
    {
        const uint ownerReads = 0x100;
        if (ProcessIdentity.IsRoot || (status.Mode & ownerReads) != 0)
            return source.OpenFileBeneath(name);

        source.ChangeMode(name, status.Mode | ownerReads);
        try
        {
            return source.OpenFileBeneath(name);
        }
        finally
        {
            source.ChangeMode(name, status.Mode);
        }
    }
}
