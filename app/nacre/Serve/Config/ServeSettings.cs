using System.CommandLine;
using Nacre.Formats;
using Nacre.KeyBroker;

namespace Nacre.Cli.Serve.Config;

/// <summary>
/// What a configuration file of upstream's comes to: options of the command line wherever there are any, so that they are checked in one
/// place and the command line can override them, and for the rest changes of what the server is started with.
/// </summary>
internal sealed class ServeSettings(ConfigFile file, bool development)
{
    private readonly List<(string Option, string Value)> _options = [];
    private readonly List<Func<TrustServerOptions, TrustServerOptions>> _changes = [];

    /// <summary>Whether what proves nothing may be switched on.</summary>
    public bool Development { get; } = development;

    public ConfigFile File => file;

    /// <summary>Of Intel Trust Authority; null when the file has none.</summary>
    public SecretBytes? ApiKey { get; set; }

    /// <summary>A directory with upstream's values, which this server does not read by itself; null when the file names none.</summary>
    public (string Form, string Directory)? Unimported { get; set; }

    public void Set(string option, string value) => _options.Add((option, value));

    public void Change(Func<TrustServerOptions, TrustServerOptions> change) => _changes.Add(change);

    public TrustServerOptions Complete(TrustServerOptions options) => _changes.Aggregate(options, (changed, change) => change(changed));

    /// <summary>The command line with the options of the file that it does not give itself.</summary>
    /// <exception cref="CommandException">Something in the file is wrong.</exception>
    public ParseResult Join(ParseResult line)
    {
        RequireGood();
        var added = _options.Where(one => !IsOnLine(line, one.Option)).Select(one => $"{one.Option}={one.Value}");
        var joined = line.RootCommandResult.Command.Parse([.. line.Tokens.Select(token => token.Value), .. added]);
        return joined.Errors.Count == 0 ? joined : throw new CommandException(string.Join("; ", joined.Errors.Select(error => error.Message)));
    }

    /// <exception cref="CommandException">Something in the file is wrong: all of it, one line each.</exception>
    public void RequireGood()
    {
        if (file.Problems.Count > 0)
        {
            throw new CommandException(
                string.Join("\nnacre: error: ", file.Problems), "nacre serve --check-config tells the whole story without starting");
        }
    }

    public static bool IsOnLine(ParseResult line, string option) =>
        line.CommandResult.Command.Options.FirstOrDefault(one => one.Name == option) is { } known && line.GetResult(known) is { Implicit: false };
}
