using System.CommandLine;
using Nacre.Attesters;
using Nacre.Attesters.Sample;
using Nacre.Attesters.Tpm;
using Nacre.Client;
using Nacre.Evidence;
using Nacre.Formats.Jose;
using Nacre.Guest.AttestationAgent;

namespace Nacre.Cli;

/// <summary>What this machine attests with. Nothing is chosen silently: without a TPM and without <c>--tee</c> it is an error.</summary>
internal sealed class MachineOptions
{
    private static readonly string s_kinds = string.Join(", ", JweKeyKinds.Names);

    private readonly Option<string?> _tpm = new("--tpm") { Description = "TPM: /dev/tpmrm0, swtpm:HOST:PORT or unix:/PATH (NACRE_TPM, else /dev/tpmrm0)." };
    private readonly Option<string?> _tee = new("--tee") { Description = "Attest with this TEE instead of the one found. sample proves nothing; it is for servers in development." };

    private readonly Option<string?> _keyKind = new("--tee-key-algorithm")
    {
        Description = $"Kind of the key that secrets are encrypted to: {s_kinds}; {JweKeyKinds.Names[0]} without it.",
    };

    private MachineOptions()
    {
    }

    public static MachineOptions AddTo(Command command)
    {
        var options = new MachineOptions();
        command.Options.Add(options._tpm);
        command.Options.Add(options._tee);
        command.Options.Add(options._keyKind);
        return options;
    }

    /// <exception cref="CommandException">This machine has nothing to attest with.</exception>
    public async ValueTask<Machine> OpenAsync(ParseResult line, CancellationToken cancel) => await FindAsync(line, cancel)
        ?? throw new CommandException($"this machine has no TPM at {Endpoint(line)}", "--tpm names another one: swtpm:HOST:PORT or unix:/PATH");

    /// <summary>Null when this machine has nothing to attest with.</summary>
    /// <exception cref="CommandException">What is asked for does not exist.</exception>
    public ValueTask<Machine?> FindAsync(ParseResult line, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var options = new AttesterOptions { Tpm = new TpmAttesterOptions { Endpoint = Endpoint(line) } };

        var attester = line.GetValue(_tee) is { } tee
            ? TeeNames.All.Contains(tee) ? AttesterList.Create(tee, options, TimeProvider.System) : throw Unknown(tee)
            : AttesterList.Detect(options, TimeProvider.System);
        return ValueTask.FromResult(attester is null ? null : new Machine(attester));
    }

    /// <summary>How this machine asks for secrets.</summary>
    /// <exception cref="CommandException">It has no keys of the kind that is asked for.</exception>
    public KbsClientOptions Client(ParseResult line)
    {
        if (line.GetValue(_keyKind) is not { } name)
            return new KbsClientOptions();

        var kind = JweKeyKinds.Find(name)
            ?? throw new CommandException($"'{name}' is no kind of TEE key", $"--tee-key-algorithm takes {s_kinds}");
        return JweKeyKinds.FindProblem(kind) is not { } problem ? new KbsClientOptions { KeyKind = kind }
            : throw new CommandException(problem, $"install OpenSSL 3.5, or take --tee-key-algorithm {JweKeyKinds.Names[0]}");
    }

    private TpmEndpoint Endpoint(ParseResult line)
    {
        var endpoint = line.GetValue(_tpm) ?? Environment.GetEnvironmentVariable("NACRE_TPM");
        return string.IsNullOrEmpty(endpoint) ? TpmEndpoint.Default : TpmEndpoint.Parse(endpoint);
    }

    private static CommandException Unknown(string tee) => new($"'{tee}' is no TEE that is known here", $"known are {string.Join(", ", TeeNames.All)}");
}

/// <summary>The attester of this machine, as a source of evidence for a handshake.</summary>
internal sealed class Machine(IAttester attester) : IAsyncDisposable
{
    public IEvidenceSource Source { get; } = attester is TpmAttester tpm ? new TpmEvidenceSource(tpm) : new AttesterEvidenceSource(attester);

    /// <summary>Evidence that proves nothing.</summary>
    public static Machine Sample() => new(new SampleAttester());

    public ValueTask DisposeAsync() => attester is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
