using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Nacre.Linux;
using Nacre.Linux.Files;

namespace Nacre.Images.Bundle;

/// <summary>Numbers of the user a container runs as.</summary>
public sealed record ContainerUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids);

/// <summary>
/// Turns <c>user[:group]</c> of an image configuration into numbers, by <c>/etc/passwd</c> and <c>/etc/group</c> of the image itself
/// (image-spec config.md, "User"). The files are opened below the root without following links.
/// </summary>
internal static class UserLookup
{
    private const int LargestFile = 4 << 20;

    /// <param name="user">Of the image configuration.</param>
    /// <param name="open">Opens a file of the image by its path, without following links; null when there is none.</param>
    /// <param name="where">The image, for errors.</param>
    public static ContainerUser Find(string user, Func<string, SafeFileHandle?> open, string where)
    {
        if (user.Length == 0)
            return new(0, 0, []);

        var (name, groupName) = user.Split(':', 2) is [var u, var g] ? (u, g) : (user, "");
        var account = Lines(open("etc/passwd")).FirstOrDefault(line => line.Length >= 4 && (line[0] == name || line[2] == name));
        var uid = Number(account?[2] ?? name) ?? throw Unknown("user", name, "etc/passwd", where);
        var gid = Number(account?[3] ?? "0") ?? throw Unknown("group of user", name, "etc/passwd", where);

        var groups = Lines(open("etc/group")).Where(line => line.Length >= 4).ToList();
        if (groupName.Length > 0)
        {
            var group = groups.FirstOrDefault(line => line[0] == groupName);
            gid = Number(group?[2] ?? groupName) ?? throw Unknown("group", groupName, "etc/group", where);
            return new(uid, gid, []);
        }

        var additional = account is null ? [] : groups.Where(line => line[3].Split(',').Contains(account[0])).Select(line => Number(line[2])).OfType<uint>();
        return new(uid, gid, [.. additional.Where(id => id != gid).Distinct()]);
    }

    /// <summary>A file below a root file system; null when there is none.</summary>
    public static SafeFileHandle? Open(DirectoryHandle rootfs, string path)
    {
        try
        {
            return rootfs.OpenFileBeneath(path);
        }
        catch (SystemCallException)
        {
            // Images without such a file have numbers only.
            return null;
        }
    }

    private static IEnumerable<string[]> Lines(SafeFileHandle? handle)
    {
        if (handle is null)
            return [];

        using (handle)
        {
            var length = (int)Math.Min(RandomAccess.GetLength(handle), LargestFile);
            var content = new byte[length];
            var read = RandomAccess.Read(handle, content, 0);
            return [.. Encoding.UTF8.GetString(content, 0, read).Split('\n').Select(line => line.TrimEnd('\r').Split(':'))];
        }
    }

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static ImageException Unknown(string what, string name, string file, string where) => new(
        ImageFault.Malformed, $"the image wants to run as {what} '{name}', which is not in its {file}", where, "build the image with this user, or use a number");
}
