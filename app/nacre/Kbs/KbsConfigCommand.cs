using System.CommandLine;
using Nacre.Client;

namespace Nacre.Cli.Kbs;

/// <summary><c>kbs-client config</c>: the administrator's verbs, and where their token is looked for.</summary>
internal static class KbsConfigCommand
{
    private const string ComposeToken = "kbs/config/docker-compose/admin-token";

    public static Command Create(KbsServer server)
    {
        var token = new Option<FileInfo?>("--admin-token-file") { Description = "File with the admin token.", Recursive = true };
        Func<ParseResult, CancellationToken, Task<KbsConfigClient>> connect = async (line, cancel) =>
            new KbsConfigClient(server.ConnectAdmin(line), await CredentialAsync(line.GetValue(token), cancel));
        return new Command("config", "Configure a key broker.")
        {
            token,
            KbsPolicyCommands.CreateSetAttestation(connect),
            KbsPolicyCommands.CreateSetResource(connect),
            KbsResourceCommands.CreateSet(connect),
            KbsResourceCommands.CreateDelete(connect),
            KbsReferenceCommands.CreateGet(connect),
            KbsReferenceCommands.CreateSetSample(connect),
        };
    }

    public static Option<string> Path() => new("--path") { Description = "repository/type/tag", Required = true };

    private static async Task<KbsCredential?> CredentialAsync(FileInfo? given, CancellationToken cancel)
    {
        var home = System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".trustee", "admin-token");
        var path = given?.FullName ?? ((string[])[ComposeToken, home]).FirstOrDefault(File.Exists);
        if (path is not null)
            return KbsCredential.Bearer((await File.ReadAllTextAsync(path, cancel)).Trim());

        await Console.Error.WriteLineAsync("nacre: no admin token: asking without one (--admin-token-file names it)");
        return null;
    }
}
