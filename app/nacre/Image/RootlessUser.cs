using Nacre.Images.Bundle;
using Nacre.Linux;

namespace Nacre.Cli.Image;

/// <summary>The numbers that this user may give to a container, from the machine's configuration.</summary>
internal static class RootlessUser
{
    private const string Users = "/etc/subuid";
    private const string Groups = "/etc/subgid";

    /// <summary>Null for root, who needs no user namespace.</summary>
    public static UserNamespace? Find()
    {
        if (ProcessIdentity.IsRoot)
            return null;

        // The files are worth something only with the programs that let an ordinary user use them (Debian: uidmap).
        return File.Exists(Users) && File.Exists(Groups) && OnPath("newuidmap") && OnPath("newgidmap")
            ? UserNamespace.Create(
                ProcessIdentity.User, ProcessIdentity.Group, Environment.UserName, File.ReadAllText(Users), File.ReadAllText(Groups))
            : UserNamespace.Single(ProcessIdentity.User, ProcessIdentity.Group);
    }

    private static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(directory => directory.Length > 0 && File.Exists(Path.Combine(directory, program)));
}
