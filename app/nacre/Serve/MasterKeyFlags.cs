using System.CommandLine;
using Nacre.Cli.Key;
using Nacre.Storage.Encryption;
using Nacre.Storage.MasterKeys;
using Nacre.Storage.MasterKeys.Local;

namespace Nacre.Cli.Serve;

/// <summary>Where the key that opens a store is kept. PINs, tokens and credentials come from files and variables, never from the line.</summary>
internal sealed class MasterKeyFlags
{
    private const string Variable = "NACRE_MASTER_KEY";

    private static readonly IReadOnlyList<MasterKeySource> s_sources = [.. MasterKeyList.Sources, TpmMasterKey.Source];

    private readonly Option<string[]> _keys = new("--master-key")
    {
        Description = $"The key that opens the store: {string.Join(", ", s_sources.Select(source => source.Form))}. Without it "
            + $"DIR/{MasterKey.FileName}. May be repeated while one key is replaced by another.",
    };

    private readonly Option<FileInfo?> _file = new("--master-key-file")
    {
        Description = $"As --master-key file:PATH; or {Variable} holds the 32 bytes as base64.",
    };

    public void AddOptions(Command command)
    {
        command.Options.Add(_keys);
        command.Options.Add(_file);
    }

    /// <summary>The caller disposes them.</summary>
    public async Task<MasterKeySet> OpenAsync(ParseResult line, string dataDirectory, CancellationToken cancel)
    {
        var (addresses, file, text) = (line.GetValue(_keys) ?? [], line.GetValue(_file), Text);
        if ((addresses.Length > 0 ? 1 : 0) + (file is null ? 0 : 1) + (text is null ? 0 : 1) > 1)
            throw new CommandException($"more than one of --master-key, --master-key-file and {Variable} is given", "leave one of them");
        if (text is not null)
            return new([EnvironmentMasterKey.Parse(Variable, text)]);
        if (addresses.Length == 0)
            return new([MasterKey.FromFile(file?.FullName ?? Path.Combine(dataDirectory, MasterKey.FileName))]);

        var opened = new List<IMasterKey>();
        try
        {
            foreach (var address in addresses)
                opened.Add(await OpenAsync(address, cancel));
            return new(opened);
        }
        catch
        {
            await new MasterKeySet(opened).DisposeAsync();
            throw;
        }
    }

    /// <summary>One master key by its address.</summary>
    public static ValueTask<IMasterKey> OpenAsync(string address, CancellationToken cancel) => MasterKeyList.OpenAsync(
        address, s_sources,
        new(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null, TimeProvider.System), cancel);

    /// <summary>The file with the key; null when it is kept elsewhere.</summary>
    public string? FindFile(ParseResult line, string dataDirectory) => Text is not null || line.GetValue(_keys) is { Length: > 0 }
        ? null : line.GetValue(_file)?.FullName ?? Path.Combine(dataDirectory, MasterKey.FileName);

    /// <summary>Whether the key is the file in the data directory.</summary>
    public bool AreDefault(ParseResult line) => line.GetValue(_keys) is null or [] && line.GetValue(_file) is null && Text is null;

    private static string? Text => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : null;
}
