using System.CommandLine;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Cli.Secret;

/// <summary><c>nacre secret put URI FILE|-</c>.</summary>
internal static class SecretPutCommand
{
    // What the server takes in one body.
    private const int MaxBytes = KbsProtocol.MaxMessageBytes;

    private const char QuoteMark = '"';

    public static Command Create()
    {
        var uri = SecretCommand.Uri();
        var file = new Argument<string>("file") { Description = "File with the secret, or - for standard input." };
        var command = new Command("put", "Store a secret, replacing what is there. Example: nacre secret put kbs:///default/key/1 key.bin") { uri, file };
        command.Aliases.Add("set");
        var settings = SecretSettings.AddTo(command);
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var name = ResourceUri.Parse(line.GetRequiredValue(uri));
            using var secret = await ReadAsync(line.GetRequiredValue(file), cancel);
            using var admin = server.ConnectAdmin(line);
            var version = await admin.PutResourceAsync(name, secret, settings.Read(line), cancel);
            await Console.Error.WriteLineAsync(version is null ? $"stored {name}" : $"stored {name}, version {version.Trim(QuoteMark)}");
            return ExitCode.Done;
        });
        return command;
    }

    internal static async Task<SecretBytes> ReadAsync(string file, CancellationToken cancel)
    {
        await using var input = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (await input.ReadAsync(chunk, cancel) is > 0 and var count)
        {
            await buffer.WriteAsync(chunk.AsMemory(0, count), cancel);
            if (buffer.Length > MaxBytes)
                throw new CommandException($"{file} is larger than {MaxBytes} bytes", "store a key, and keep the data encrypted elsewhere");
        }

        return SecretBytes.Copy(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
