using System.Globalization;
using System.Text.Json.Nodes;

namespace Nacre.Images.Bundle;

/// <summary>Numbers of users or groups inside a container and outside (user_namespaces(7)).</summary>
public readonly record struct IdMapping(uint Container, uint Host, uint Count)
{
    public bool Holds(uint id) => id >= Container && id - Container < Count;

    internal JsonObject ToJson() => new() { ["containerID"] = Container, ["hostID"] = Host, ["size"] = Count };
}

/// <summary>
/// The user namespace of a container that is run without root: root inside is the user who runs it, and the others are numbers that
/// subuid(5) and subgid(5) give that user, if any.
/// </summary>
public sealed record UserNamespace(IReadOnlyList<IdMapping> Users, IReadOnlyList<IdMapping> Groups)
{
    /// <summary>Nobody but the user who runs it: what the kernel lets everybody do.</summary>
    public static UserNamespace Single(uint user, uint group) => new([new(0, user, 1)], [new(0, group, 1)]);

    /// <summary>With the first range that each file gives the user; a single mapping when one of them gives none.</summary>
    /// <param name="user">Effective user.</param>
    /// <param name="group">Effective group.</param>
    /// <param name="name">Of the user.</param>
    /// <param name="subordinateUsers">Content of <c>/etc/subuid</c>: lines <c>name-or-number:first:count</c>.</param>
    /// <param name="subordinateGroups">Content of <c>/etc/subgid</c>.</param>
    public static UserNamespace Create(uint user, uint group, string name, string subordinateUsers, string subordinateGroups) =>
        Find(subordinateUsers, name, user) is { } users && Find(subordinateGroups, name, user) is { } groups
            ? new([new(0, user, 1), users], [new(0, group, 1), groups])
            : Single(user, group);

    /// <summary>The user as far as the mappings have it. Who is not in them becomes root inside, who is nobody special outside.</summary>
    /// <param name="user">As the image wants it.</param>
    /// <param name="note">What could not be had, for the user to read.</param>
    public ContainerUser Fit(ContainerUser user, out string? note)
    {
        var fits = Users.Any(range => range.Holds(user.Uid)) && Groups.Any(range => range.Holds(user.Gid));
        note = fits ? null : $"the image wants to run as {user.Uid}:{user.Gid}, which is not among this user's numbers "
            + "(/etc/subuid, /etc/subgid): it runs as 0:0";
        // With a single mapping the kernel allows no further groups at all.
        return (fits ? user : new(0, 0, [])) with
        {
            AdditionalGids = fits && Groups.Count > 1 ? [.. user.AdditionalGids.Where(gid => Groups.Any(range => range.Holds(gid)))] : [],
        };
    }

    private static IdMapping? Find(string lines, string name, uint user)
    {
        foreach (var line in lines.Split('\n'))
        {
            if (line.Trim().Split(':') is [var owner, var first, var count]
                && (owner == name || owner == user.ToString(CultureInfo.InvariantCulture))
                && uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var host)
                && uint.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0)
                return new(1, host, size);
        }

        return null;
    }
}
