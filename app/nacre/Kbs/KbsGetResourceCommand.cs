using System.CommandLine;
using Nacre.Client;
using Nacre.Evidence.Protocol;

namespace Nacre.Cli.Kbs;

/// <summary><c>kbs-client get-resource</c>: prints base64 of a secret, for this machine or for a token and its key.</summary>
internal static class KbsGetResourceCommand
{
    public static Command Create(KbsServer server)
    {
        var path = KbsConfigCommand.Path();
        var token = new Option<FileInfo?>("--attestation-token")
        {
            Description = "File with a token to show instead of attesting; needs --tee-key-file.",
        };
        var command = new Command("get-resource", "Get a secret as an attested guest; prints base64.") { path, token };
        var guest = KbsGuest.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var uri = ResourceUri.Parse($"kbs:///{line.GetRequiredValue(path)}");
            if (line.GetValue(token) is { } file)
            {
                var key = guest.ReadKey(line)
                    ?? throw new CommandException("--attestation-token needs --tee-key-file", "the secret is encrypted to the key in the token");
                var session = AttestedSession.FromToken((await File.ReadAllTextAsync(file.FullName, cancel)).Trim(), key);
                using var passport = new KbsClient(server.ConnectGuest(line), session, TimeProvider.System);
                return await PrintAsync(passport, uri, cancel);
            }

            await using var machine = await guest.OpenAsync(line, cancel);
            using var client = guest.Connect(line, server, machine);
            return await PrintAsync(client, uri, cancel);
        });
        return command;
    }

    private static async Task<int> PrintAsync(KbsClient client, ResourceUri uri, CancellationToken cancel)
    {
        using var secret = await client.GetResourceAsync(uri, cancel);
        await Console.Out.WriteLineAsync(Convert.ToBase64String(secret.Reveal()));
        return ExitCode.Done;
    }
}
