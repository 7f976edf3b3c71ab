using System.CommandLine;
using Nacre.Formats;
using Nacre.KeyBroker.Plugins;

namespace Nacre.Cli.Serve;

/// <summary>Which plugins are served, and how they are set.</summary>
internal sealed class PluginFlags
{
    private readonly Option<FileInfo?> _plugins = new("--plugins")
    {
        Description = "TOML file with [[plugins]] tables, as in upstream's kbs-config.toml; resources are served in any case.",
    };

    public static PluginFlags AddTo(Command command)
    {
        var flags = new PluginFlags();
        command.Options.Add(flags._plugins);
        return flags;
    }

    public IReadOnlyList<PluginSettings> Read(ParseResult line)
    {
        if (line.GetValue(_plugins) is not { } file)
            return [];

        try
        {
            return PluginSettings.Parse(File.ReadAllText(file.FullName), file.Name, Environment.GetEnvironmentVariable);
        }
        catch (MalformedDataException e)
        {
            throw new CommandException($"'{file}' does not say which plugins to serve: {e.Message}", "[[plugins]] tables, each with a name");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"'{file}' cannot be read: {e.Message}", "--plugins names a TOML file");
        }
    }
}
