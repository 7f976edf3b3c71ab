using System.CommandLine;
using Nacre.Client;
using Nacre.Formats.Jose;

namespace Nacre.Cli.Kbs;

/// <summary>What a guest attests with: its TEE, its key, its init-data.</summary>
internal sealed class KbsGuest
{
    private readonly Option<FileInfo?> _key = new("--tee-key-file")
    {
        Description = "PEM file with the private key of the TEE, whatever kind is asked for; a new one without it.",
    };

    private readonly Argument<string?> _initData = new("INIT_DATA")
    {
        Description = "Text of the init-data document.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly MachineOptions _machine;

    private KbsGuest(Command command)
    {
        command.Options.Add(_key);
        command.Arguments.Add(_initData);
        _machine = MachineOptions.AddTo(command);
    }

    public static KbsGuest AddTo(Command command) => new(command);

    /// <summary>Null when no file is named.</summary>
    public JweKeyPair? ReadKey(ParseResult line) =>
        line.GetValue(_key) is { } file ? JweKeyPair.FromPem(File.ReadAllText(file.FullName)) : null;

    /// <summary>Sample evidence where there is no TEE, as upstream does: the server says whether it takes it.</summary>
    public async ValueTask<Machine> OpenAsync(ParseResult line, CancellationToken cancel) =>
        await _machine.FindAsync(line, cancel) ?? await WarnAsync();

    public KbsClient Connect(ParseResult line, KbsServer server, Machine machine) => new(
        server.ConnectGuest(line), machine.Source, TimeProvider.System,
        _machine.Client(line) with
        {
            InitData = line.GetValue(_initData),
            CreateKey = line.GetValue(_key) is null ? null : () => ReadKey(line)!,
        });

    private static async ValueTask<Machine> WarnAsync()
    {
        await Console.Error.WriteLineAsync("nacre: this machine has no TEE and no TPM: sample evidence, which proves nothing");
        return Machine.Sample();
    }
}
