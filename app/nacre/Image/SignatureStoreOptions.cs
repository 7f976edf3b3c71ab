using System.CommandLine;
using Nacre.Images.Signatures;

namespace Nacre.Cli.Image;

/// <summary>Where signatures by OpenPGP keys are: <c>--lookaside</c>, <c>--registries-d</c>, else the machine's own configuration.</summary>
internal sealed class SignatureStoreOptions
{
    private const string MachineDirectory = "/etc/containers/registries.d";
    private readonly Option<string?> _lookaside = new("--lookaside")
    {
        Description = "Store of GPG signatures for all images: a directory, or an https:// address.",
        HelpName = "STORE",
    };

    private readonly Option<DirectoryInfo?> _directory = new("--registries-d")
    {
        Description = $"Directory of YAML files that say where GPG signatures are; {MachineDirectory} unless given.",
        HelpName = "DIR",
    };

    private SignatureStoreOptions()
    {
    }

    public static SignatureStoreOptions AddTo(Command command)
    {
        var options = new SignatureStoreOptions();
        command.Options.Add(options._lookaside);
        command.Options.Add(options._directory);
        return options;
    }

    public SignatureOptions Read(ParseResult line) => new()
    {
        Lookaside = (line.GetValue(_lookaside), line.GetValue(_directory)) switch
        {
            (null, null) => Directory.Exists(MachineDirectory) ? LookasideStores.ReadDirectory(MachineDirectory) : LookasideStores.None,
            (null, { } directory) => LookasideStores.ReadDirectory(directory.FullName),
            ({ } store, null) => LookasideStores.Single(store.Contains("://", StringComparison.Ordinal) ? store : Path.GetFullPath(store)),
            _ => throw new FormatException("give either --lookaside or --registries-d"),
        },
    };
}
