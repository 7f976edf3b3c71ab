using System.CommandLine;
using Nacre.KeyBroker;

namespace Nacre.Cli.Serve.Config;

/// <summary>
/// <c>--config</c> and <c>--check-config</c>: upstream's configuration files instead of, or below, the options of the command line.
/// </summary>
internal sealed class ConfigFlag
{
    private readonly Option<FileInfo?> _file;

    private readonly Option<bool> _check = new("--check-config")
    {
        Description = "Read and try everything (files, keys, certificates, the store) without listening, and print what it comes to; "
            + "exit code 0 or 2.",
    };

    private readonly StoreFlags _store;
    private readonly Func<FileInfo, ParseResult, ServeSettings> _read;

    private ConfigFlag(string name, StoreFlags store, Func<FileInfo, ParseResult, ServeSettings> read)
    {
        _file = new("--config") { Description = $"Trustee's {name}; options of the command line override it." };
        (_store, _read) = (store, read);
    }

    /// <param name="command">Gets the options.</param>
    /// <param name="name">Of the file, as upstream calls it.</param>
    /// <param name="store">Of the same command.</param>
    /// <param name="read">Reads it.</param>
    public static ConfigFlag AddTo(Command command, string name, StoreFlags store, Func<FileInfo, ParseResult, ServeSettings> read)
    {
        var flag = new ConfigFlag(name, store, read);
        command.Options.Add(flag._file);
        command.Options.Add(flag._check);
        return flag;
    }

    /// <summary>Starts with what the command line and the file say together, or says what that would be.</summary>
    /// <param name="line">As given.</param>
    /// <param name="read">The options of a line, with what the file says that no option can.</param>
    /// <param name="run">Starts.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task<int> RunAsync(
        ParseResult line, Func<ParseResult, ServeSettings?, TrustServerOptions> read, Func<TrustServerOptions, Task<int>> run,
        CancellationToken cancel)
    {
        if (line.GetValue(_check))
            return await ConfigCheck.RunAsync(line, line.GetValue(_file), _store, _read, read, Console.Out, cancel);
        if (line.GetValue(_file) is not { } file)
            return await run(read(line, null));

        var settings = _read(file, line);
        var options = settings.Complete(read(settings.Join(line), settings));
        RequireImported(settings, options);
        return await run(options);
    }

    /// <exception cref="CommandException">Upstream's directory has values, and the store has not been made.</exception>
    public static void RequireImported(ServeSettings settings, TrustServerOptions options)
    {
        if (settings.Unimported is not var (form, directory) || options.Store != Storage.StoreList.Default
            || File.Exists(TrustServer.StorePath(options.DataDirectory))
            || !Directory.Exists(directory) || !Directory.EnumerateFileSystemEntries(directory).Any())
            return;

        throw new CommandException(
            $"'{directory}' holds values of Trustee's that this server would not know",
            $"take them over first: nacre import --from {form} {directory} --data {options.DataDirectory}");
    }
}
