using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Formats.Jose;

namespace Nacre.Cli.Token;

/// <summary>
/// <c>nacre token inspect FILE|-</c>: header and claims of a token (it verifies nothing, and says so), and the keys of a server's tokens.
/// </summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "File with the token, or - for standard input." };
        var inspect = new Command("inspect", "Print what a token says. Nothing is verified.") { file };
        inspect.SetAction(async (line, cancel) =>
        {
            var name = line.GetRequiredValue(file);
            var text = name == "-" ? await Console.In.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(name, cancel);
            var token = JsonWebToken.Parse(text.Trim());
            await Console.Error.WriteLineAsync("nacre: the signature is not verified here");
            OutputFormat.WriteJson(new JsonObject { ["header"] = JsonNode.Parse(token.Header), ["claims"] = JsonNode.Parse(token.Payload) });
            return ExitCode.Done;
        });
        return new Command("token", "Look into an attestation token; the keys that sign them.")
        {
            inspect,
            TokenKeysCommand.CreateList(),
            TokenKeysCommand.CreateRotate(),
            TokenKeysCommand.CreateDrop(),
        };
    }
}
