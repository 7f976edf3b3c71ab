using System.CommandLine;

namespace Nacre.Cli.Serve;

/// <summary>Where the reference values are that an Attestation Service of this program asks for.</summary>
internal sealed class ReferencesFlag
{
    private readonly Option<string?> _address = new("--rvps-addr")
    {
        Description = "Reference Value Provider Service elsewhere that keeps the reference values, as upstream's GrpcRemote: HOST:PORT.",
    };

    private ReferencesFlag()
    {
    }

    public static ReferencesFlag AddTo(Command command)
    {
        var flag = new ReferencesFlag();
        command.Options.Add(flag._address);
        return flag;
    }

    public string? Read(ParseResult line) => line.GetValue(_address);
}
