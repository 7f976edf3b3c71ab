using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Nacre.Images.References;
using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>
/// A digest over everything of a tree but the content of its files: names, kinds, owners, modes, sizes, times, targets, attributes. It finds
/// what is missing, cut short or changed by accident; against somebody who sets sizes and times back it is no protection (docs/adr/0012).
/// </summary>
internal static class TreeDigest
{
    public static Digest Of(DirectoryHandle tree)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, tree, ".");
        AddChildren(hash, tree);
        return Digest.Of(HashAlgorithmName.SHA256, hash.GetHashAndReset());
    }

    private static void AddChildren(IncrementalHash hash, DirectoryHandle directory)
    {
        var names = directory.Names().ToArray();
        Array.Sort(names, StringComparer.Ordinal);
        Number(hash, names.Length);
        foreach (var name in names)
        {
            if (Add(hash, directory, name) != FileKind.Directory)
                continue;
            using var inner = directory.OpenBeneath(name);
            AddChildren(hash, inner);
        }
    }

    private static FileKind Add(IncrementalHash hash, DirectoryHandle parent, string name)
    {
        var status = parent.FindStatus(name) ?? throw new FileNotFoundException("A name has gone while its tree was read.");
        Text(hash, name);
        // The size and links of a directory are the file system's own affair.
        var isDirectory = status.Kind == FileKind.Directory;
        ReadOnlySpan<long> numbers =
        [
            (long)status.Kind, status.Mode, status.User, status.Group, isDirectory ? 0 : status.Links, isDirectory ? 0 : status.Size,
            status.ModifiedSeconds, status.ModifiedNanoseconds, status.Major, status.Minor,
        ];
        // In the machine's own order of bytes: a store does not travel.
        hash.AppendData(MemoryMarshal.AsBytes(numbers));

        if (status.Kind == FileKind.SymbolicLink)
        {
            Text(hash, parent.ReadSymbolicLink(name));
            return status.Kind;
        }

        foreach (var attribute in parent.AttributeNames(name).Order(StringComparer.Ordinal))
        {
            Text(hash, attribute);
            var value = parent.FindAttribute(name, attribute) ?? [];
            Number(hash, value.Length);
            hash.AppendData(value);
        }

        return status.Kind;
    }

    private static void Text(IncrementalHash hash, string text)
    {
        Number(hash, text.Length);
        hash.AppendData(Encoding.Latin1.GetBytes(text));
    }

    private static void Number(IncrementalHash hash, long number) => hash.AppendData(MemoryMarshal.AsBytes((ReadOnlySpan<long>)[number]));
}
