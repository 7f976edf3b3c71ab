using System.CommandLine;
using Nacre.KeyBroker;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Serve.Config;

/// <summary>
/// <c>--check-config</c>: everything that a start would read is read, and the store is opened if there is one; nothing is made and nothing
/// listens.
/// </summary>
internal static class ConfigCheck
{
    public static async Task<int> RunAsync(
        ParseResult line, FileInfo? file, StoreFlags store, Func<FileInfo, ParseResult, ServeSettings> readFile,
        Func<ParseResult, ServeSettings?, TrustServerOptions> read, TextWriter output, CancellationToken cancel)
    {
        var rows = new List<(string Outcome, string Subject, string Text)>();
        ServeSettings? settings = null;
        if (file is not null && Try(rows, file.ToString(), () => settings = readFile(file, line)) && settings is not null)
        {
            rows.AddRange(settings.File.Rows.Select(row => ("ok", row.Key, row.Meaning)));
            rows.AddRange(settings.File.Problems.Select(problem => ("error", file.ToString(), problem)));
        }

        TrustServerOptions? options = null;
        if (rows.All(row => row.Outcome != "error"))
        {
            Try(rows, "options", () =>
            {
                options = settings is null ? read(line, null) : settings.Complete(read(settings.Join(line), settings));
                if (settings is not null)
                    ConfigFlag.RequireImported(settings, options);
                options.Tls.Require(options.Clock.GetUtcNow());
                options.ServiceTls.Require(options.Clock.GetUtcNow());
                options.AdminCertificates?.RequireRevocationLists();
            });
        }

        if (options is not null)
        {
            rows.Add(("ok", "options", "files, keys and certificates can be read"));
            rows.Add(await StoreAsync(options, store.KeyFile(line), cancel));
        }

        var width = rows.Max(row => row.Subject.Length);
        foreach (var (outcome, subject, text) in rows)
            await output.WriteLineAsync($"{outcome,-5}  {subject.PadRight(width)}  {text}");
        return rows.Any(row => row.Outcome == "error") ? ExitCode.Server : ExitCode.Done;
    }

    private static bool Try(List<(string Outcome, string Subject, string Text)> rows, string subject, Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception e) when (CommandError.From(e) is { } error)
        {
            rows.Add(("error", subject, error.Remedy is null ? error.Message : $"{error.Message} ({error.Remedy})"));
            return false;
        }
    }

    private static async Task<(string Outcome, string Subject, string Text)> StoreAsync(
        TrustServerOptions options, string? keyFile, CancellationToken cancel)
    {
        const string subject = "store";
        if (options.Store == "memory")
            return ("ok", subject, "in memory: everything is lost at exit");
        if (options.Store == StoreList.Default && !File.Exists(TrustServer.StorePath(options.DataDirectory)))
            return ("ok", subject, $"is made in {options.DataDirectory} at the first start");

        try
        {
            await using var opened = await StoreList.OpenAsync(
                new() { Address = options.Store, Directory = options.DataDirectory, Password = options.StorePassword }, options.Clock, cancel);
            if (!await EncryptedStore.IsMadeAsync(opened.Values, cancel))
                return ("ok", subject, "is empty and is made at the first start");
            if (keyFile is not null && !File.Exists(keyFile))
                return ("error", subject, $"is there, and the key that opens it is not: {keyFile}");

            // The data key is there, so nothing is written.
            await using var masters = await options.OpenMasterKeys!(cancel);
            await EncryptedStore.RequireKeyAsync(opened.Values, masters.Keys, cancel);
            var secrets = await opened.Values.ListAllAsync("repository", "", cancel);
            return ("ok", subject, $"opens with its master key and holds {secrets.Count} secrets");
        }
        catch (Exception e) when (CommandError.From(e) is { } error)
        {
            return ("error", subject, error.Message);
        }
    }
}
