using System.CommandLine;
using Nacre.Images.Policy.Notation;

namespace Nacre.Cli.Image;

/// <summary>Who may have signed with Notation: <c>--notation-policy</c> and <c>--notation-trust-store</c>, always both.</summary>
internal sealed class NotationOptions
{
    private readonly Option<FileInfo?> _policy = new("--notation-policy")
    {
        Description = "trustpolicy.json of Notation: its signatures are wanted besides what --policy or --key want.",
        HelpName = "FILE",
    };

    private readonly Option<DirectoryInfo?> _trustStore = new("--notation-trust-store")
    {
        Description = "Directory with x509/ca/NAME/*.crt, as notation lays it out.",
        HelpName = "DIR",
    };

    private NotationOptions()
    {
    }

    public static NotationOptions AddTo(Command command)
    {
        var options = new NotationOptions();
        command.Options.Add(options._policy);
        command.Options.Add(options._trustStore);
        return options;
    }

    public bool AreGiven(ParseResult line) => line.GetResult(_policy) is not null || line.GetResult(_trustStore) is not null;

    public async Task<NotationTrust?> ReadAsync(ParseResult line, CancellationToken cancel)
    {
        switch (line.GetValue(_policy), line.GetValue(_trustStore))
        {
            case (null, null):
                return null;
            case ({ } policy, { } store):
                return new(NotationTrustPolicy.Parse(await File.ReadAllBytesAsync(policy.FullName, cancel), policy.FullName), store.FullName);
            default:
                throw new FormatException("--notation-policy and --notation-trust-store belong together");
        }
    }
}
