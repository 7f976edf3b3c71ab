using System.CommandLine;

namespace Nacre.Cli.Secret;

/// <summary><c>nacre secret</c>: the owner puts secrets, an attested guest gets them.</summary>
internal static class SecretCommand
{
    public static Command Create() => new("secret", "Put, list and delete secrets; get one as an attested guest.")
    {
        SecretGetCommand.Create(),
        SecretPutCommand.Create(),
        ListVerb.Create(
            "List the secrets by name.", (admin, cancel) => admin.ListResourcesAsync(cancel), "resources", "path", "bytes", "version", "labels"),
        SecretHistoryCommand.Create(),
        SecretRollbackCommand.Create(),
        SecretDeleteCommand.Create(),
    };

    internal static Argument<string> Uri() => new("uri") { Description = "kbs:///repository/type/tag" };
}
