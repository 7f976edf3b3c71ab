using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Serve;

/// <summary>Which store, and the key that opens it: for the server and for the commands that work on its store.</summary>
internal sealed class StoreFlags
{
    private const int MaxPasswordBytes = 4096;

    private readonly Option<DirectoryInfo> _data = new("--data")
    {
        Description = "Directory for the store, the keys and the admin token; made at first start.",
        Required = true,
    };

    private readonly Option<string> _store = new("--store")
    {
        Description = "sqlite (a file in DIR), memory, or for several machines postgres://USER@HOST/DATABASE; a password comes from "
            + "--store-password-file, PGPASSWORD or PGPASSFILE.",
        DefaultValueFactory = _ => StoreList.Default,
    };

    private readonly Option<FileInfo?> _password = new("--store-password-file") { Description = "File with the password of the database." };

    private readonly MasterKeyFlags _masters = new();

    public static StoreFlags AddTo(Command command)
    {
        var flags = AddWithoutDataTo(command);
        command.Options.Add(flags._data);
        return flags;
    }

    /// <summary>For a command that is told the data directory in another way.</summary>
    public static StoreFlags AddWithoutDataTo(Command command)
    {
        var flags = new StoreFlags();
        foreach (var option in (Option[])[flags._store, flags._password])
            command.Options.Add(option);
        flags._masters.AddOptions(command);
        return flags;
    }

    public StoreLocation Read(ParseResult line) => Read(line, line.GetRequiredValue(_data));

    public StoreLocation Read(ParseResult line, DirectoryInfo data) => new()
    {
        Address = line.GetRequiredValue(_store),
        Directory = data.FullName,
        Password = line.GetValue(_password) is { } file ? ReadPassword(file) : null,
    };

    /// <summary>The caller disposes them.</summary>
    public Task<MasterKeySet> OpenMasterKeysAsync(ParseResult line, CancellationToken cancel) =>
        OpenMasterKeysAsync(line, line.GetRequiredValue(_data), cancel);

    /// <summary>The caller disposes them.</summary>
    public Task<MasterKeySet> OpenMasterKeysAsync(ParseResult line, DirectoryInfo data, CancellationToken cancel) =>
        _masters.OpenAsync(line, data.FullName, cancel);

    /// <summary>Those of a store that exists: a key file is not made.</summary>
    public Task<MasterKeySet> RequireMasterKeysAsync(ParseResult line, CancellationToken cancel)
    {
        var file = Path.Combine(line.GetRequiredValue(_data).FullName, MasterKey.FileName);
        return !_masters.AreDefault(line) || File.Exists(file)
            ? OpenMasterKeysAsync(line, cancel)
            : throw new CommandException(
                $"there is no master key {file}", "put the one there that the store was made with, mode 0600, or give --master-key");
    }

    /// <summary>Whether the store is a file in the data directory.</summary>
    public bool IsFile(ParseResult line) => line.GetRequiredValue(_store) == StoreList.Default;

    /// <summary>Whether the key is the file in the data directory.</summary>
    public bool NeedsKeyFile(ParseResult line) => _masters.AreDefault(line);

    /// <summary>The file that holds the key of the store; null when it is kept elsewhere.</summary>
    public string? KeyFile(ParseResult line) =>
        _masters.FindFile(line, line.GetRequiredValue(_data).FullName);

    /// <summary>The store of a server that may be running, as its rows are: values stay encrypted.</summary>
    public async Task<OpenedStore> OpenAsync(ParseResult line, CancellationToken cancel)
    {
        var location = Read(line);
        if (!Directory.Exists(location.Directory))
            throw new CommandException($"there is no directory {location.Directory}", "--data names the data directory of the server");

        return await StoreList.OpenAsync(location, TimeProvider.System, cancel);
    }

    private static string ReadPassword(FileInfo file)
    {
        var bytes = File.ReadAllBytes(file.FullName);
        try
        {
            if (bytes.Length is 0 or > MaxPasswordBytes)
                throw new CommandException($"'{file}' holds no password: it has {bytes.Length} bytes");
            return Encoding.UTF8.GetString(bytes).TrimEnd('\r', '\n');
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
