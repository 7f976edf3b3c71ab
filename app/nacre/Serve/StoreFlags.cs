using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Serve;

/// <summary>Which store, and the key that opens it: for the server and for the commands that work on its store.</summary>
internal sealed class StoreFlags
{
    private const string MasterKeyVariable = "NACRE_MASTER_KEY";
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

    private readonly Option<FileInfo?> _master = new("--master-key-file")
    {
        Description = $"File with the 32 bytes that open the store (DIR/{MasterKey.FileName}); or {MasterKeyVariable} holds them as base64.",
    };

    public static StoreFlags AddTo(Command command)
    {
        var flags = new StoreFlags();
        foreach (var option in (Option[])[flags._data, flags._store, flags._password, flags._master])
            command.Options.Add(option);
        return flags;
    }

    public StoreLocation Read(ParseResult line) => new()
    {
        Address = line.GetRequiredValue(_store),
        Directory = line.GetRequiredValue(_data).FullName,
        Password = line.GetValue(_password) is { } file ? ReadPassword(file) : null,
    };

    /// <summary>The caller disposes it.</summary>
    public MasterKey OpenMasterKey(ParseResult line)
    {
        var file = line.GetValue(_master);
        if (Environment.GetEnvironmentVariable(MasterKeyVariable) is not { Length: > 0 } text)
            return MasterKey.FromFile(file?.FullName ?? Path.Combine(line.GetRequiredValue(_data).FullName, MasterKey.FileName));
        if (file is not null)
            throw new CommandException($"both --master-key-file and {MasterKeyVariable} are given", "leave one of them away");

        var bytes = new byte[MasterKey.Size];
        return Convert.TryFromBase64String(text, bytes, out var count) && count == MasterKey.Size
            ? new MasterKey(SecretBytes.Own(bytes))
            : throw new CommandException($"{MasterKeyVariable} is not base64 of {MasterKey.Size} bytes", "make one with: openssl rand -base64 32");
    }

    /// <summary>Whether the key is the file in the data directory.</summary>
    public bool NeedsKeyFile(ParseResult line) =>
        line.GetValue(_master) is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(MasterKeyVariable));

    /// <summary>The file that holds the key of the store; null when a variable does.</summary>
    public string? KeyFile(ParseResult line) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(MasterKeyVariable)) ? null
        : line.GetValue(_master)?.FullName ?? Path.Combine(line.GetRequiredValue(_data).FullName, MasterKey.FileName);

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
