using System.CommandLine;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.ReferenceValues.InToto;
using Nacre.Formats;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference register FILE --type TYPE</c>.</summary>
internal static class ReferenceRegisterCommand
{
    public static Command Create()
    {
        var file = new Argument<FileSystemInfo>("file")
        {
            Description = "The document, as it was signed; of type in-toto also a folder of metadata.",
        };
        var type = new Option<string>("--type")
        {
            Description = $"What it is: {string.Join(", ", ReferenceValueExtractors.Types)}.",
            Required = true,
        };
        type.AcceptOnlyFromAmong([.. ReferenceValueExtractors.Types]);
        var (staged, days) = (ReferenceCommand.Staged(), ReferenceCommand.Days());
        var command = new Command(
            "register",
            "Register the values of a document, all or none; the server checks who signed it. "
            + "Example: nacre reference register provenance.json --type slsa")
        {
            file, type, staged, days,
        };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var document = await ReadAsync(line.GetRequiredValue(file), line.GetRequiredValue(type), cancel);
            using var admin = server.ConnectAdmin(line);
            await admin.RegisterReferenceValuesAsync(
                line.GetRequiredValue(type), document, line.GetValue(staged),
                ReferenceCommand.Expiration(line.GetValue(days), TimeProvider.System), cancel);
            await Console.Error.WriteLineAsync($"{line.GetRequiredValue(file)} is {(line.GetValue(staged) ? "staged" : "registered")}");
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<byte[]> ReadAsync(FileSystemInfo file, string type, CancellationToken cancel)
    {
        if (file is not DirectoryInfo || type != "in-toto")
            return await File.ReadAllBytesAsync(file.FullName, cancel);

        try
        {
            return InTotoFolder.Pack(file.FullName);
        }
        catch (MalformedDataException e)
        {
            throw new CommandException($"'{file}' cannot be registered: {e.Message}", "name the folder of the layout and its links");
        }
    }
}
